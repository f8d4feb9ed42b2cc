using System.Diagnostics;
using System.Diagnostics.Metrics;
using CodexOS.Runs.Contracts;

namespace CodexOS.Tools;

/// <summary>What the module tells of itself. Spans follow the OpenTelemetry conventions for tool execution.</summary>
internal sealed class ToolsTelemetry : IDisposable
{
    private const string Name = "CodexOS.Tools";

    private readonly ActivitySource _source = new(Name);
    private readonly Meter _meter;
    private readonly Counter<long> _verdicts;
    private readonly Histogram<double> _gateSeconds;
    private readonly Histogram<double> _callSeconds;
    private readonly Counter<long> _blocked;
    private readonly Counter<long> _signals;

    public ToolsTelemetry(IMeterFactory meters)
    {
        _meter = meters.Create(Name);
        _verdicts = _meter.CreateCounter<long>(
            "codexos.tools.gate.verdicts", "{verdict}", "Verdicts of the gate, by kind and fault code.");
        _gateSeconds = _meter.CreateHistogram<double>(
            "codexos.tools.gate.duration", "s", "How long the gate takes to decide.");
        _callSeconds = _meter.CreateHistogram<double>(
            "codexos.tools.call.duration", "s", "How long tool calls take, by tool and outcome.");
        _blocked = _meter.CreateCounter<long>(
            "codexos.tools.output.blocked", "{text}", "Texts that were kept from leaving, by way out and by what was found.");
        _signals = _meter.CreateCounter<long>(
            "codexos.tools.signals", "{signal}", "What detectors noticed in outputs, by tool and signal. They decide nothing.");
    }

    public Activity? StartCall(string tool, EffectCall call)
    {
        var span = _source.StartActivity($"execute_tool {tool}");
        span?.SetTag("gen_ai.operation.name", "execute_tool");
        span?.SetTag("gen_ai.tool.name", tool);
        span?.SetTag("codexos.run.id", call.Run.ToString());
        span?.SetTag("codexos.step", call.Step);
        return span;
    }

    public void Judged(GateVerdict verdict, TimeSpan took)
    {
        var (kind, code) = verdict switch
        {
            GateVerdict.Allow => ("allow", ""),
            GateVerdict.Ask => ("ask", ""),
            GateVerdict.Refuse refused => ("refuse", refused.Fault.Code),
            _ => throw new UnreachableException("The gate has three verdicts."),
        };
        _verdicts.Add(1, new("codexos.verdict", kind), new("codexos.fault", code));
        _gateSeconds.Record(took.TotalSeconds, new KeyValuePair<string, object?>("codexos.verdict", kind));
    }

    /// <param name="tool">The tool.</param>
    /// <param name="outcome"><c>ok</c>, <c>error</c> (the model may learn from it), or a fault's code.</param>
    /// <param name="took">How long the call took.</param>
    public void Called(string tool, string outcome, TimeSpan took) => _callSeconds.Record(
        took.TotalSeconds, new("gen_ai.tool.name", tool), new("codexos.outcome", outcome));

    public void Blocked(string way, string found) =>
        _blocked.Add(1, new("codexos.way", way), new("codexos.found", found));

    public void Noticed(string tool, string signal) =>
        _signals.Add(1, new("gen_ai.tool.name", tool), new("codexos.signal", signal));

    public void Dispose()
    {
        _source.Dispose();
        _meter.Dispose();
    }
}
