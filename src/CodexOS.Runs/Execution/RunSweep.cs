using CodexOS.Runs.Contracts;
using CodexOS.Runs.Journal;
using Microsoft.Extensions.Logging;

namespace CodexOS.Runs.Execution;

/// <summary>
/// Finds runs that nobody drives and resumes them. It knows nothing of the process that asks it to, so a simulation drives
/// the same code as a server. Taking a run over is fenced, so doing it once too often harms nothing.
/// </summary>
internal sealed partial class RunSweep(
    IJournal journal, RunEngine engine, IRunMailboxes mailboxes, TimeProvider clock, ILogger<RunSweep> log)
{
    private const int RunsAtOnce = 500;
    private const int OwnRunsMax = 100_000;

    private HashSet<(RunId Run, int Epoch)> _idle = [];

    /// <summary>Resumes runs whose timer or approval is due.</summary>
    public async Task DueAsync(CancellationToken cancellationToken) =>
        await ResumeAsync(await journal.DueAsync(clock.GetUtcNow(), RunsAtOnce, cancellationToken));

    /// <summary>
    /// Resumes this node's own runs that it does not drive, for no other would look for them: those that were put aside,
    /// and, should there be any, those that it owned without driving them at the last look as well. The second is a net
    /// under the first: a run in it is a bug, and the simulation takes it for one.
    /// </summary>
    /// <returns>True if every run that was found could be resumed.</returns>
    public async Task<bool> OwnAsync(CancellationToken cancellationToken)
    {
        var stranded = engine.TakeStranded();
        var failed = await ResumeAsync(stranded);
        // Nothing but this list remembers them.
        foreach (var run in failed) engine.Strand(run);
        // What a node that is about to stop has let go of is on its way to another, or found by the others when it has left.
        if (engine.Leaving) return failed.Count == 0;

        var idle = new HashSet<(RunId, int)>();
        var again = new List<RunId>();
        foreach (var (run, epoch) in await journal.OwnedAsync(engine.Owner, OwnRunsMax, cancellationToken))
        {
            if (engine.IsDriving(run) || failed.Contains(run)) continue;
            // One that was claimed anew in between is on its way, and was on another at the last look.
            if (_idle.Contains((run, epoch)) && again.Count < RunsAtOnce) again.Add(run);
            idle.Add((run, epoch));
        }

        _idle = idle;
        if (again.Count == 0) return failed.Count == 0;
        LogIdle(again.Count);
        return (await ResumeAsync(again)).Count == 0 && failed.Count == 0;
    }

    /// <summary>
    /// Wakes parents whose children have ended, ends the children of parents that have, and resumes the runs of members
    /// that are gone. One member of a cluster does this for all.
    /// </summary>
    /// <returns>True if every run that was found could be resumed.</returns>
    public async Task<bool> OrphansAsync(CancellationToken cancellationToken)
    {
        var all = (await ResumeAsync(await journal.ParentsToWakeAsync(RunsAtOnce, cancellationToken))).Count == 0;
        foreach (var forsaken in await journal.ForsakenAsync(RunsAtOnce, cancellationToken))
            all &= await TryAsync(forsaken, box => box.CommandAsync(ChildRuns.Cancellation));
        while (true)
        {
            var orphans = await journal.OrphansAsync(engine.Owner, RunsAtOnce, cancellationToken);
            if (orphans.Count == 0) return all;
            var began = clock.GetTimestamp();
            all &= (await ResumeAsync(orphans)).Count == 0;
            LogResumed(orphans.Count, (long)clock.GetElapsedTime(began).TotalMilliseconds);
            // Runs that cannot be opened stay orphans; they are looked at again with the next sweep, not in a circle.
            if (orphans.Count < RunsAtOnce || !all) return all;
        }
    }

    /// <summary>Resumes runs, and gives those that could not be.</summary>
    private async Task<IReadOnlyList<RunId>> ResumeAsync(IReadOnlyList<RunId> runs)
    {
        var well = await Task.WhenAll(runs.Select(run => TryAsync(run, box => box.ResumeAsync())));
        return [.. runs.Where((_, i) => !well[i])];
    }

    private async Task<bool> TryAsync(RunId run, Func<IRunMailbox, Task> ask)
    {
        try
        {
            await ask(mailboxes.Of(run));
            return true;
        }
        catch (Exception error)
        {
            // Its mailbox may be on its way from one node to another, or the database is down: the next sweep asks again.
            LogNotResumed(error, run);
            return false;
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Took up {Count} runs that nobody worked on, in {Milliseconds} ms.")]
    private partial void LogResumed(int count, long milliseconds);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Run} could not be resumed; it is tried again.")]
    private partial void LogNotResumed(Exception error, RunId run);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Count} runs of this node were not being driven; they are taken up.")]
    private partial void LogIdle(int count);
}
