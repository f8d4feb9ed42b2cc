using System.Diagnostics.Metrics;

namespace CodexOS.Platform.Egress;

/// <summary>Metrics of outgoing connections of runs.</summary>
internal sealed class EgressTelemetry : IDisposable
{
    private const string Name = "CodexOS.Egress";

    private readonly Meter _meter;
    private readonly Counter<long> _decisions;
    private readonly Counter<long> _bytes;
    private readonly UpDownCounter<long> _open;
    private readonly Histogram<double> _connectSeconds;

    public EgressTelemetry(IMeterFactory meters)
    {
        _meter = meters.Create(Name);
        _decisions = _meter.CreateCounter<long>(
            "codexos.egress.decisions", "{decision}", "Decisions on outgoing requests and tunnels, by outcome and rule.");
        _bytes = _meter.CreateCounter<long>("codexos.egress.bytes", "By", "Bytes that runs sent and received.");
        _open = _meter.CreateUpDownCounter<long>("codexos.egress.connections", "{connection}", "Connections open now.");
        _connectSeconds = _meter.CreateHistogram<double>(
            "codexos.egress.connect.duration", "s", "How long looking up a host and connecting to it took.");
    }

    public void Decided(string kind, EgressOutcome outcome, string rule) => _decisions.Add(
        1,
        new("codexos.kind", kind),
        new("codexos.outcome", outcome.ToString().ToLowerInvariant()),
        new("codexos.rule", rule));

    public void Moved(long sent, long received)
    {
        if (sent > 0) _bytes.Add(sent, new KeyValuePair<string, object?>("codexos.direction", "sent"));
        if (received > 0) _bytes.Add(received, new KeyValuePair<string, object?>("codexos.direction", "received"));
    }

    public void Opened(TimeSpan took)
    {
        _open.Add(1);
        _connectSeconds.Record(took.TotalSeconds);
    }

    public void Closed() => _open.Add(-1);

    public void Dispose() => _meter.Dispose();
}
