using CodexOS.Platform.Ids;
using CodexOS.Runs.Contracts;

namespace CodexOS.Runs.Scheduling;

/// <summary>
/// Places for steps. How much goes on at once is limited where work is done, at the steps, and not at the runs: a run
/// that waits costs nothing, so any number of them may be open.
/// </summary>
internal interface IStepSlots
{
    /// <summary>
    /// Waits for a place in the effect's pool; completes at once when one is free. Cancellation leaves the queue. A place
    /// that was given is the caller's to give back, even if the cancellation came in the same moment.
    /// </summary>
    ValueTask<StepSlot> TakeAsync(StepTicket ticket, CancellationToken cancellationToken);
}

/// <summary>A step that wants a place.</summary>
/// <param name="Run">Its run.</param>
/// <param name="Tenant">Whose turn it uses up.</param>
/// <param name="Kind">The run's program.</param>
/// <param name="Subject">What the run runs; subjects of one tenant take turns.</param>
/// <param name="Effect">The effect, which names the pool unless <see cref="Pool"/> does.</param>
/// <param name="Priority">From -10 to 10; among steps of one subject, higher goes first.</param>
internal readonly record struct StepTicket(
    RunId Run, TenantId Tenant, string Kind, string Subject, string Effect, int Priority)
{
    /// <summary>The pool that the effect's handler asks for; null is a pool of the effect's name.</summary>
    public EffectPool? Pool { get; init; }
}

/// <summary>A place in a pool. Disposing of it gives it back, the first time; afterwards it does nothing.</summary>
internal abstract class StepSlot : IDisposable
{
    private int _givenBack;

    /// <summary>How long the step waited for it.</summary>
    public TimeSpan Waited { get; init; }

    /// <inheritdoc />
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _givenBack, 1) == 0) GiveBack();
    }

    /// <summary>Called once, from any thread.</summary>
    private protected abstract void GiveBack();
}
