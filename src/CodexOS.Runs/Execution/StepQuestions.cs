using System.Collections.Immutable;
using System.Text.Json;
using System.Threading.Channels;
using CodexOS.Platform.Ids;
using CodexOS.Runs.Contracts;
using CodexOS.Runs.Core;

namespace CodexOS.Runs.Execution;

/// <summary>
/// What people are asked for the steps of one run: approvals before an effect begins, and questions in the middle of one.
/// It lets them run out, takes them back, and brings each answer to the effect that waits for it. Effects ask from
/// wherever they are performed; all else happens on the loop, which alone looks at the state.
/// </summary>
internal sealed class StepQuestions(RunLog log, ChannelWriter<StepOutcome?> signals, TimeProvider clock)
{
    private const string NotWaited = "Whoever asked no longer waits for the answer.";

    private ImmutableDictionary<ApprovalId, Waiting> _waiting = ImmutableDictionary<ApprovalId, Waiting>.Empty;

    private RunState State => log.State;

    private IEnumerable<ApprovalRequested> Questions => State.OpenQuestions.Select(static question => question.Request);

    private IEnumerable<ApprovalRequested> Open => State.AwaitingApproval.Select(static step => step.Request!).Concat(Questions);

    /// <summary>Asks on behalf of an occurrence of a step, which begins or goes on from one of its questions.</summary>
    public Func<QuestionWish, CancellationToken, Task<ApprovalDecided>> AskerOf(
        string step, int occurrence, UserId by, bool goesOn) => new Asker(this, step, occurrence, by, goesOn).AskAsync;

    /// <summary>Journals a question, unless its step had asked it before a crash: then that one goes on.</summary>
    public async Task TakeAsync(ApprovalRequested asked, CancellationToken stopping)
    {
        if (!_waiting.TryGetValue(asked.ApprovalId, out var waiting) || waiting.IsOver) return;
        // A step that goes on from a question may have asked the same before it had come that far.
        var before = State.Step(asked.Step)!.Questions
            .Where(question => question.Request.ArgumentsHash == asked.ArgumentsHash
                && (!waiting.GoesOn || IsSame(question.Request.Continuation, asked.Continuation)))
            .ElementAtOrDefault(waiting.Nth);
        if (before is null) await log.AppendAsync(stopping, asked);
        waiting.Question = before?.Request.ApprovalId ?? asked.ApprovalId;
    }

    /// <summary>Brings answers to those who wait for them, and takes back what nobody waits for any more.</summary>
    public async ValueTask SettleAsync(CancellationToken stopping)
    {
        foreach (var (id, waiting) in _waiting)
        {
            if (waiting.IsOver)
            {
                ImmutableInterlocked.TryRemove(ref _waiting, id, out _);
                if (waiting.Question is { } left) await DenyAsync([left], RunLoop.Withdrawal, NotWaited, stopping);
            }
            else if (waiting.Question is { } known && !waiting.Answer.Task.IsCompleted && State.Step(waiting.Step)?.Questions
                .FirstOrDefault(question => question.Request.ApprovalId == known) is { Decided: { } decided } question)
            {
                if (question is { IsDelivered: false, Request.Continuation: not null })
                    await log.AppendAsync(stopping, new AnswerDelivered(known));
                waiting.Answer.TrySetResult(decided);
            }
        }
    }

    /// <summary>Denies what nobody decided in time.</summary>
    public Task ExpireAsync(CancellationToken stopping)
    {
        if (!State.Steps.AsksSomething) return Task.CompletedTask;
        var now = clock.GetUtcNow();
        return DenyAsync(Open.Where(asked => asked.ExpiresAt <= now), RunLoop.Expiry, "Nobody decided in time.", stopping);
    }

    /// <summary>Takes back what people were asked, because it no longer matters.</summary>
    public Task WithdrawAsync(CancellationToken stopping) =>
        DenyAsync(Open, RunLoop.Withdrawal, "The run no longer asks for it.", stopping);

    /// <summary>
    /// Takes back what effects ask that no other process could go on from, because this one is about to stop: they come to
    /// their end without an answer.
    /// </summary>
    public Task LeaveAsync(CancellationToken stopping) => DenyAsync(
        Questions.Where(static asked => asked.Continuation is null), RunLoop.Withdrawal,
        "The process that waited for the answer was stopped.", stopping);

    /// <summary>Takes back what an effect has asked and nobody has answered, because it is over.</summary>
    public Task CloseAsync(string step, CancellationToken stopping) => State.Steps.AsksSomething
        ? DenyAsync(Questions.Where(asked => asked.Step == step), RunLoop.Withdrawal, NotWaited, stopping)
        : Task.CompletedTask;

    private Task DenyAsync(IEnumerable<ApprovalRequested> asked, string by, string note, CancellationToken stopping) =>
        DenyAsync(asked.Select(static one => one.ApprovalId).ToImmutableArray(), by, note, stopping);

    /// <summary>Denies requests, except those that a person has decided in the same moment.</summary>
    private async Task DenyAsync(ImmutableArray<ApprovalId> ids, string by, string note, CancellationToken stopping)
    {
        foreach (var id in ids)
        {
            await log.AppendAsync(
                state => state.AwaitingApproval.Any(step => step.Request!.ApprovalId == id)
                    || state.OpenQuestions.Any(question => question.Request.ApprovalId == id)
                    ? [new ApprovalDecided(id, false, by, note)]
                    : [],
                stopping);
        }
    }

    private static bool IsSame(JsonElement? one, JsonElement? other) =>
        one is { } left && other is { } right ? JsonElement.DeepEquals(left, right) : one is null && other is null;

    private async Task<ApprovalDecided> AskAsync(ApprovalRequested asked, Waiting waiting, CancellationToken cancellationToken)
    {
        ImmutableInterlocked.TryAdd(ref _waiting, asked.ApprovalId, waiting);
        signals.TryWrite(new StepOutcome(asked));
        try
        {
            return await waiting.Answer.Task.WaitAsync(cancellationToken);
        }
        finally
        {
            waiting.IsOver = true;
            signals.TryWrite(null);
        }
    }

    /// <summary>An occurrence of a step while it is performed here. It may ask the same more than once.</summary>
    private sealed class Asker(StepQuestions questions, string step, int occurrence, UserId by, bool goesOn)
    {
        private ImmutableDictionary<string, int> _counts = ImmutableDictionary<string, int>.Empty;

        public Task<ApprovalDecided> AskAsync(QuestionWish wish, CancellationToken cancellationToken)
        {
            var count = ImmutableInterlocked.AddOrUpdate(ref _counts, wish.Hash, 1, static (_, before) => before + 1);
            return questions.AskAsync(
                questions.RequestOf(wish, step, occurrence, by), new Waiting(step, count - 1, goesOn), cancellationToken);
        }
    }

    private ApprovalRequested RequestOf(QuestionWish wish, string step, int occurrence, UserId by) => new(
        ApprovalId.New(clock), step, occurrence, wish.Tool, wish.Title, wish.Arguments, wish.Hash, null,
        clock.GetUtcNow() + wish.ExpiresAfter)
    {
        RequestedBy = by,
        Why = wish.Why,
        Question = wish.Question,
        AnswerLabel = wish.AnswerLabel,
        Continuation = wish.Continuation,
    };

    /// <summary>An effect that waits for an answer.</summary>
    /// <param name="step">The step.</param>
    /// <param name="nth">How often it had asked the same before, since it was begun in this process.</param>
    /// <param name="goesOn">Whether it was begun here from one of its questions.</param>
    private sealed class Waiting(string step, int nth, bool goesOn)
    {
        private volatile bool _isOver;

        public string Step => step;

        public int Nth => nth;

        public bool GoesOn => goesOn;

        public TaskCompletionSource<ApprovalDecided> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>The question as it is journaled, once it is.</summary>
        public ApprovalId? Question { get; set; }

        /// <summary>Whether it waits no more.</summary>
        public bool IsOver
        {
            get => _isOver;
            set => _isOver = value;
        }
    }
}
