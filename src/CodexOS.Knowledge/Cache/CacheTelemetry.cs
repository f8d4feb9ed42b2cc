using System.Diagnostics.Metrics;

namespace CodexOS.Knowledge.Cache;

/// <summary>What the semantic cache tells of itself.</summary>
internal sealed class CacheTelemetry : IDisposable
{
    private readonly Meter _meter;
    private readonly Counter<long> _lookups;
    private readonly Counter<long> _kept;

    public CacheTelemetry(IMeterFactory meters)
    {
        _meter = meters.Create("CodexOS.Knowledge");
        _lookups = _meter.CreateCounter<long>(
            "codexos.cache.lookups", "{lookup}",
            "Tasks that were looked up in the semantic cache, by outcome: hit, miss, or why they were refused.");
        _kept = _meter.CreateCounter<long>(
            "codexos.cache.answers", "{answer}", "Answers of models for the semantic cache, by outcome: kept, or why they were refused.");
    }

    public void LookedUp(string outcome) => _lookups.Add(1, new KeyValuePair<string, object?>("codexos.outcome", outcome));

    public void Answered(string outcome) => _kept.Add(1, new KeyValuePair<string, object?>("codexos.outcome", outcome));

    public void Dispose() => _meter.Dispose();
}
