using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace CodexOS.Sandbox;

/// <summary>Traces and metrics of sandboxes and workspaces.</summary>
internal sealed class SandboxTelemetry : IDisposable
{
    /// <summary>Names the source and the meter.</summary>
    public const string Name = "CodexOS.Sandbox";

    private readonly ActivitySource _source = new(Name);
    private readonly Meter _meter;
    private readonly Counter<long> _runs;
    private readonly Histogram<double> _runSeconds;
    private readonly UpDownCounter<long> _active;
    private readonly Counter<long> _changes;
    private readonly Counter<long> _imports;

    public SandboxTelemetry(IMeterFactory meters)
    {
        _meter = meters.Create(Name);
        _runs = _meter.CreateCounter<long>("codexos.sandbox.runs", "{run}", "Programs run in sandboxes, by how they ended.");
        _runSeconds = _meter.CreateHistogram<double>("codexos.sandbox.run.duration", "s", "From start to end of a sandbox.");
        _active = _meter.CreateUpDownCounter<long>("codexos.sandbox.active", "{sandbox}", "Sandboxes that run now.");
        _changes = _meter.CreateCounter<long>(
            "codexos.workspace.changes", "{change}", "Changes to workspaces, by how they ended.");
        _imports = _meter.CreateCounter<long>("codexos.workspace.imports", "{workspace}", "Workspaces made, by how it ended.");
    }

    public Activity? StartRun() => _source.StartActivity("sandbox run");

    public Activity? StartChange(string workspace) =>
        _source.StartActivity("workspace change")?.SetTag("codexos.workspace.id", workspace);

    public void Began() => _active.Add(1);

    public void Ended(string how, TimeSpan duration)
    {
        var tag = new KeyValuePair<string, object?>("end", how);
        _active.Add(-1);
        _runs.Add(1, tag);
        _runSeconds.Record(duration.TotalSeconds, tag);
    }

    public void Changed(string how) => _changes.Add(1, new KeyValuePair<string, object?>("end", how));

    public void Imported(string how) => _imports.Add(1, new KeyValuePair<string, object?>("end", how));

    public void Dispose()
    {
        _source.Dispose();
        _meter.Dispose();
    }
}
