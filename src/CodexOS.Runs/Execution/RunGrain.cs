using CodexOS.Runs.Cluster;
using CodexOS.Runs.Contracts;
using Orleans.Placement;

namespace CodexOS.Runs.Execution;

/// <summary>Gives a run's session a place in the cluster, for as long as it is driven.</summary>
[RandomPlacement, Staying]
internal sealed class RunGrain : Grain, IRunGrain, IRunSeat, IDisposable
{
    private readonly RunSession _session;
    private bool _held;

    public RunGrain(RunSessions sessions) => _session = sessions.New(new RunId(this.GetPrimaryKey()), this);

    public Task<string?> StartAsync(string opening, DateTimeOffset at) => _session.StartAsync(opening, at);

    public Task ResumeAsync() => _session.ResumeAsync();

    public Task<bool> TakeOverAsync() => _session.TakeOverAsync();

    public Task<string?> CommandAsync(string command) => _session.CommandAsync(command);

    public void Hold()
    {
        _held = true;
        DelayDeactivation(Timeout.InfiniteTimeSpan);
    }

    /// <summary>
    /// A grain that drives nothing is left to the collector: one that went with every message would send those that come
    /// meanwhile from activation to activation.
    /// </summary>
    public void LetGo()
    {
        if (!_held) return;
        _held = false;
        DelayDeactivation(TimeSpan.Zero);
        DeactivateOnIdle();
    }

    public void Leave() => DeactivateOnIdle();

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken) =>
        _session.StopAsync();

    public void Dispose() => _session.Dispose();
}
