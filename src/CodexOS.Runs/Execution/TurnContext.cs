namespace CodexOS.Runs.Execution;

/// <summary>
/// Keeps a loop on the scheduler of the seat that drives it, one turn at a time. Awaits that end within a turn go on at
/// once, where a bare task scheduler makes a task for each.
/// </summary>
internal sealed class TurnContext(TaskScheduler scheduler) : SynchronizationContext
{
    private readonly TaskFactory _turns = new(
        CancellationToken.None, TaskCreationOptions.DenyChildAttach, TaskContinuationOptions.None, scheduler);

    /// <summary>Begins work in the context, on the present scheduler.</summary>
    public static Task Begin(Func<Task> work)
    {
        // What is awaited within a turn can go on in its context, which hides the scheduler.
        var before = Current;
        SetSynchronizationContext(before as TurnContext ?? new TurnContext(TaskScheduler.Current));
        try
        {
            return work();
        }
        finally
        {
            SetSynchronizationContext(before);
        }
    }

    public override void Post(SendOrPostCallback d, object? state) =>
        _ = _turns.StartNew(static turn => ((Turn)turn!).Take(), new Turn(this, d, state));

    public override void Send(SendOrPostCallback d, object? state) =>
        throw new NotSupportedException("A loop is never waited for.");

    public override SynchronizationContext CreateCopy() => this;

    private sealed record Turn(TurnContext Context, SendOrPostCallback Callback, object? State)
    {
        public void Take()
        {
            var before = Current;
            SetSynchronizationContext(Context);
            try
            {
                Callback(State);
            }
            finally
            {
                SetSynchronizationContext(before);
            }
        }
    }
}
