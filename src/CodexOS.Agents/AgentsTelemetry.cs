using System.Diagnostics.Metrics;
using CodexOS.Agents.Definitions;
using CodexOS.Platform.Faults;
using CodexOS.Runs.Contracts;

namespace CodexOS.Agents;

/// <summary>What the module tells of itself. What runs do is told by the modules that perform their steps.</summary>
internal sealed class AgentsTelemetry : IDisposable
{
    private readonly Meter _meter;
    private readonly Counter<long> _applied;
    private readonly Counter<long> _started;

    public AgentsTelemetry(IMeterFactory meters)
    {
        _meter = meters.Create("CodexOS.Agents");
        _applied = _meter.CreateCounter<long>(
            "codexos.agents.applied",
            "{definition}",
            "Definitions applied, by outcome: changed, unchanged or a fault code.");
        _started = _meter.CreateCounter<long>(
            "codexos.agents.runs.started", "{run}", "Runs asked for, by outcome: started or a fault code.");
    }

    public void Applied(Result<AgentVersion> applied) => _applied.Add(
        1,
        new KeyValuePair<string, object?>("codexos.outcome", applied.TryGet(out var version, out var fault)
            ? version.Changed ? "changed" : "unchanged"
            : fault.Code));

    public void Started(Result<Run> started) => _started.Add(
        1,
        new KeyValuePair<string, object?>(
            "codexos.outcome", started.TryGet(out _, out var fault) ? "started" : fault.Code));

    public void Dispose() => _meter.Dispose();
}
