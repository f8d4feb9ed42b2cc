using CodexOS.Cli.Screens;
using CodexOS.Client.Contracts;

namespace CodexOS.Cli.Runs;

/// <summary>What to do when a run asks for approval.</summary>
internal enum WhenAsked
{
    /// <summary>Say how to decide it elsewhere.</summary>
    Tell,

    /// <summary>Ask the person at the terminal.</summary>
    Ask,

    /// <summary>Approve it.</summary>
    Approve,
}

/// <summary>
/// Follows a run to its end and answers its requests for approval. Events are shown while a question waits for its
/// answer, so that a decision made elsewhere withdraws the question.
/// </summary>
internal sealed class RunFollower(
    CodexOSClient client, Terminal terminal, RunView? view, WhenAsked whenAsked)
{
    private static readonly TimeSpan s_statusInterval = TimeSpan.FromSeconds(1);

    private readonly Queue<Approval> _wanted = new();
    private Question? _question;

    /// <summary>Called with every event, before it is shown.</summary>
    public Action<RunEvent>? OnEvent { get; init; }

    /// <summary>Follows a run that answers for a command, to its end, which must be a good one.</summary>
    public static async Task<Run> FollowToSuccessAsync(
        Terminal terminal, CodexOSClient client, Run started, CancellationToken cancellationToken)
    {
        terminal.ErrorScreen.Line($"{started.Title}, as {started.Id}", Tone.Dim);
        var ended = await new RunFollower(client, terminal, view: null, WhenAsked.Tell)
            .FollowAsync(started.Id, -1, cancellationToken);
        if (ended.Status is RunStatus.Completed) return ended;
        var why = ended.Fault ?? new RunFault("cli.run_cancelled", FaultKind.Cancelled, $"{ended.Id} was cancelled.");
        throw new CodexOSException(why.Code, why.Kind, why.Message);
    }

    /// <summary>Follows the run and returns it as it ended.</summary>
    public async Task<Run> FollowAsync(string runId, long after, CancellationToken cancellationToken)
    {
        await using var updates = client.WatchRunAsync(runId, after, null, cancellationToken)
            .GetAsyncEnumerator(cancellationToken);
        Task<bool>? next = null;
        Task? tick = null;
        try
        {
            while (true)
            {
                next ??= updates.MoveNextAsync().AsTask();
                tick ??= Task.Delay(s_statusInterval, terminal.Clock, cancellationToken);
                var done = await Task.WhenAny(next, tick, _question?.Answer ?? tick);
                if (done == next)
                {
                    if (!await next) break;
                    next = null;
                    await TakeAsync(runId, updates.Current, cancellationToken);
                }
                else if (done == _question?.Answer)
                {
                    await AnswerAsync(_question, await _question.Answer, cancellationToken);
                }
                else
                {
                    await tick;
                    tick = null;
                    view?.ShowStatus();
                }
            }
        }
        finally
        {
            Withdraw();
            // An enumerator may not be disposed while it moves; whatever ended the loop is what is told.
            if (next is not null) await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return await client.GetRunAsync(runId, cancellationToken);
    }

    private async Task TakeAsync(string runId, RunUpdate update, CancellationToken cancellationToken)
    {
        if (update is JournalUpdate { Event: var happened }) OnEvent?.Invoke(happened);
        if (view is not null) view.Show(update);
        else if (update is ConnectionLost { Attempt: 1 } lost) Warn(lost.Reason);

        switch (update)
        {
            case JournalUpdate { Event: { Kind: RunEventKinds.ApprovalRequested } asked }:
                await WantAsync(runId, asked.Data.Text("approvalId"), cancellationToken);
                break;
            case JournalUpdate { Event: { Kind: RunEventKinds.ApprovalDecided } decided }:
                if (_question?.Approval.Id == decided.Data.Text("approvalId")) Withdraw();
                AskNext(cancellationToken);
                break;
            default:
                break;
        }
    }

    // The journal is replayed from its beginning: only what is still open is asked for.
    private async Task WantAsync(string runId, string? approvalId, CancellationToken cancellationToken)
    {
        var run = await client.GetRunAsync(runId, cancellationToken);
        var approval = run.PendingApprovals.FirstOrDefault(each => each.Id == approvalId);
        if (approval is null) return;
        if (approval.Question is not null)
        {
            // An answer is words that only a person has, so neither --yes nor a single key gives one.
            var fields = approval.Question.Fields.Select(static field => $" --answer {field.Name}=…");
            terminal.ErrorScreen.Line(
                PlainText.LineOf($"  codexos approve {runId} {approval.Id}{string.Concat(fields)}   (or with --deny, --dismiss)"), Tone.Info);
            return;
        }

        switch (whenAsked)
        {
            case WhenAsked.Approve:
                await DecideAsync(approval, approve: true, "approved by --yes", cancellationToken);
                break;
            case WhenAsked.Ask:
                _wanted.Enqueue(approval);
                AskNext(cancellationToken);
                break;
            default:
                terminal.ErrorScreen.Line($"  codexos approve {runId} {approval.Id}   (or with --deny)", Tone.Info);
                break;
        }
    }

    private void AskNext(CancellationToken cancellationToken)
    {
        if (_question is not null || !_wanted.TryDequeue(out var approval)) return;
        var withdrawn = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        if (view is not null) view.IsAsking = true;
        terminal.OutScreen.ClearStatus();
        terminal.OutScreen.Flush();
        _question = new Question(approval, AskAsync(withdrawn.Token), withdrawn);
    }

    private async Task<Decision> AskAsync(CancellationToken cancellationToken)
    {
        var answer = await terminal.AskAsync("Approve? [y/N] ", isSecret: false, cancellationToken);
        if (answer.Trim() is "y" or "Y" or "yes") return new Decision(true, null);
        const string why = "Denied. What should it do instead? (optional) ";
        var note = await terminal.AskAsync(why, isSecret: false, cancellationToken);
        return new Decision(false, note.Trim().Length > 0 ? note.Trim() : null);
    }

    private async Task AnswerAsync(Question question, Decision decision, CancellationToken cancellationToken)
    {
        Withdraw();
        await DecideAsync(question.Approval, decision.Approve, decision.Note, cancellationToken);
        AskNext(cancellationToken);
    }

    private async Task DecideAsync(Approval approval, bool approve, string? note, CancellationToken cancellationToken)
    {
        try
        {
            await client.DecideAsync(
                approval.RunId, approval.Id, approve, approval.ArgumentsHash, note, cancellationToken);
        }
        catch (CodexOSException e) when (e.Kind is FaultKind.Conflict or FaultKind.Gone or FaultKind.NotAllowed)
        {
            // Someone else decided, or has to: the run and the watching go on.
            Errors.Show(terminal.ErrorScreen, e, client.Server);
        }
    }

    private void Warn(string reason) =>
        terminal.ErrorScreen.Line($"warning: {PlainText.LineOf(reason)}", Tone.Warn);

    private void Withdraw()
    {
        if (_question is null) return;
        if (!_question.Answer.IsCompleted) terminal.Error.WriteLine();
        _question.Withdrawn.Cancel();
        _question.Withdrawn.Dispose();
        _question = null;
        if (view is not null) view.IsAsking = false;
    }

    private sealed record Decision(bool Approve, string? Note);

    private sealed record Question(Approval Approval, Task<Decision> Answer, CancellationTokenSource Withdrawn);
}
