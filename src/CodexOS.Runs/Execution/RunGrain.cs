using CodexOS.Runs.Cluster;
using CodexOS.Runs.Contracts;
using Orleans.Placement;

namespace CodexOS.Runs.Execution;

/// <summary>Gives a run's session a place in the cluster, for as long as it is driven.</summary>
[RandomPlacement, Staying]
internal sealed class RunGrain : Grain, IRunGrain, IRunSeat, IDisposable
{
    private readonly RunSession _session;

    public RunGrain(RunSessions sessions) => _session = sessions.New(new RunId(this.GetPrimaryKey()), this);

    public Task<string?> StartAsync(string opening, DateTimeOffset at) => _session.StartAsync(opening, at);

    public Task ResumeAsync() => _session.ResumeAsync();

    public Task<bool> TakeOverAsync() => _session.TakeOverAsync();

    public Task<string?> CommandAsync(string command) => _session.CommandAsync(command);

    public void Hold() => DelayDeactivation(Timeout.InfiniteTimeSpan);

    public void LetGo()
    {
        DelayDeactivation(TimeSpan.Zero);
        DeactivateOnIdle();
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken) =>
        _session.StopAsync();

    public void Dispose() => _session.Dispose();
}
