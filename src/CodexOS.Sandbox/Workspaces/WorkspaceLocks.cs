using CodexOS.Tools.Contracts;

namespace CodexOS.Sandbox.Workspaces;

/// <summary>Lets one change at a time into each workspace; a workspace that nobody waits for costs nothing.</summary>
internal sealed class WorkspaceLocks(TimeProvider clock)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<WorkspaceId, Gate> _gates = [];

    /// <summary>Waits for the workspace; null if the time is up before.</summary>
    public async Task<IDisposable?> EnterAsync(WorkspaceId id, TimeSpan waitMax, CancellationToken cancellationToken)
    {
        Gate? gate;
        lock (_lock)
        {
            if (!_gates.TryGetValue(id, out gate)) _gates.Add(id, gate = new Gate());
            gate.Users++;
        }

        using var timeUp = new CancellationTokenSource(waitMax, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeUp.Token, cancellationToken);
        try
        {
            await gate.Semaphore.WaitAsync(either.Token);
            return new Entry(this, id, gate);
        }
        catch (OperationCanceledException)
        {
            Leave(id, gate);
            cancellationToken.ThrowIfCancellationRequested();
            return null;
        }
    }

    private void Leave(WorkspaceId id, Gate gate)
    {
        lock (_lock)
        {
            if (--gate.Users == 0) _gates.Remove(id);
        }
    }

    private sealed class Gate
    {
        public SemaphoreSlim Semaphore { get; } = new(1);

        public int Users { get; set; }
    }

    private sealed class Entry(WorkspaceLocks owner, WorkspaceId id, Gate gate) : IDisposable
    {
        public void Dispose()
        {
            gate.Semaphore.Release();
            owner.Leave(id, gate);
        }
    }
}
