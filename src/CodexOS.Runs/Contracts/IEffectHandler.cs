using System.Text.Json;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Ids;

namespace CodexOS.Runs.Contracts;

/// <summary>
/// Performs one kind of effect. Nothing reaches the world but through a handler, and each handler brings its own gate, so
/// an effect without a gate cannot exist.
/// </summary>
public interface IEffectHandler
{
    /// <summary>The kind of effect, for instance <c>tool.call</c>.</summary>
    string Effect { get; }

    /// <summary>The pool in which its steps find their places; null is one of the effect's own name.</summary>
    EffectPool? Pool => null;

    /// <summary>
    /// Looks up what the call is judged by where that is kept outside of the process and may have changed. The engine asks
    /// anew before each judgement and hands the answer over as <see cref="EffectCall.Resolved"/>, in the call's tenant.
    /// </summary>
    ValueTask<object?> ResolveAsync(EffectCall call, CancellationToken cancellationToken) => ValueTask.FromResult<object?>(null);

    /// <summary>
    /// Decides whether the call may be performed: pure code over the call, its grant, what was resolved for it and the
    /// handler's own contracts. Asked again after a restart, and again once an approval has been decided.
    /// </summary>
    GateVerdict Judge(EffectCall call);

    /// <summary>Tells what an approval would change, for the person who is asked. Null where there is nothing to show.</summary>
    Task<ApprovalPreview?> PreviewAsync(EffectCall call, CancellationToken cancellationToken) =>
        Task.FromResult<ApprovalPreview?>(null);

    /// <summary>
    /// Looks for an approval that was given in advance and covers the call, and uses it up. Asked once for each request;
    /// what it gives is journaled as the decision. Null is to ask a person.
    /// </summary>
    Task<StandingConsent?> ConsentAsync(
        EffectCall call, GateVerdict.Ask ask, CancellationToken cancellationToken) =>
        Task.FromResult<StandingConsent?>(null);

    /// <summary>
    /// Performs the call. A fault means that the effect did not take place or failed as a whole. An exception means that
    /// nobody knows. Cancellation must stop whatever was started before this returns.
    /// </summary>
    Task<Result<EffectOutput>> PerformAsync(EffectCall call, CancellationToken cancellationToken);

    /// <summary>
    /// Finds out whether a call of class <see cref="RepeatClass.Queryable"/> whose outcome was lost took place.
    /// </summary>
    Task<ProbeAnswer> ProbeAsync(EffectCall call, CancellationToken cancellationToken) =>
        Task.FromResult<ProbeAnswer>(new ProbeAnswer.Unknown("The handler cannot tell."));

    /// <summary>
    /// What undoes a call of which nobody knows whether it took place, or null. It must do no harm if it did not.
    /// </summary>
    Compensation? CompensationOf(EffectCall call) => null;
}

/// <summary>A call as its handler sees it.</summary>
/// <param name="Run">The run that calls.</param>
/// <param name="Tenant">The run's tenant.</param>
/// <param name="Step">The step.</param>
/// <param name="Occurrence">Which occurrence of the step.</param>
/// <param name="Input">What to do.</param>
/// <param name="Grant">What the run may touch.</param>
public sealed record EffectCall(
    RunId Run, TenantId Tenant, string Step, int Occurrence, JsonElement Input, JsonElement Grant)
{
    /// <summary>The idempotency key: the same after every restart, different for every occurrence.</summary>
    public string Key => $"{Run}:{Step}:{Occurrence}";

    /// <summary>See <see cref="StepRequest.Prepared"/>.</summary>
    public object? Prepared { get; init; }

    /// <summary>What <see cref="IEffectHandler.ResolveAsync"/> found for it; never journaled.</summary>
    public object? Resolved { get; init; }

    /// <summary>What was decided about this very call, if a person was asked.</summary>
    public ApprovalOutcome? Approval { get; init; }

    /// <summary>What the run may still use, this call's own reservation left out.</summary>
    public RunLimits? Remaining { get; init; }

    /// <summary>How many runs stand above this one.</summary>
    public int Depth { get; init; }

    /// <summary>Who started the run.</summary>
    public UserId By { get; init; }

    /// <summary>What the run runs, by name, for instance an agent.</summary>
    public string Subject { get; init; } = "";

    /// <summary>Passes on text that is worth showing while it is being made. It is not journaled.</summary>
    public Action<string> OnDelta { get; init; } = static _ => { };

    /// <summary>Tells how far the call has come. It is journaled, at most once a second.</summary>
    public Action<Progress> OnProgress { get; init; } = static _ => { };

    /// <summary>
    /// Asks a person something in the middle of the call, and gives what became of it: their answer, or that nobody gave
    /// one in time. Question and answer are journaled; after a crash the same question gets the answer it got before.
    /// Null where nobody can be asked.
    /// </summary>
    public Func<QuestionWish, CancellationToken, Task<ApprovalDecided>>? AskAsync { get; init; }

    /// <summary>See <see cref="QuestionWish.Continuation"/>: the call goes on from there instead of from its beginning.</summary>
    public JsonElement? Continuation { get; init; }
}

/// <summary>A decided approval.</summary>
/// <param name="Approved">Whether it was given.</param>
/// <param name="ArgumentsHash">The call it was given for.</param>
/// <param name="By">Who decided.</param>
/// <param name="Note">Their reason.</param>
public sealed record ApprovalOutcome(bool Approved, string ArgumentsHash, string By, string? Note);

/// <summary>The gate's answer.</summary>
public abstract record GateVerdict
{
    private GateVerdict()
    {
    }

    /// <summary>Go on.</summary>
    /// <param name="Repeat">What may be done if the outcome is lost.</param>
    public sealed record Allow(RepeatClass Repeat) : GateVerdict
    {
        /// <summary>The most that the call may use: it is set aside of the budgets until the call is over.</summary>
        public EffectUsage? Reserve { get; init; }

        /// <summary>The pool of this very call, where not all calls of the handler need the same of this machine.</summary>
        public EffectPool? Pool { get; init; }
    }

    /// <summary>Never.</summary>
    public sealed record Refuse(Fault Fault) : GateVerdict;

    /// <summary>Only if a person approves.</summary>
    /// <param name="Tool">What wants to act.</param>
    /// <param name="Title">What it wants to do, in one line.</param>
    /// <param name="Arguments">The full canonical arguments.</param>
    /// <param name="ArgumentsHash">SHA-256 over tool and arguments.</param>
    /// <param name="ExpiresAfter">How long to wait for an answer.</param>
    public sealed record Ask(
        string Tool, string Title, JsonElement Arguments, string ArgumentsHash, TimeSpan ExpiresAfter) : GateVerdict
    {
        /// <summary>Why a person is asked, rule by rule; null where the tool is always asked about.</summary>
        public string? Why { get; init; }

        /// <summary>Whether a rule is broken that only a person who looks at this very call may set aside.</summary>
        public bool IsViolation { get; init; }
    }
}

/// <summary>What a performed effect gives.</summary>
/// <param name="Output">It is journaled.</param>
/// <param name="Usage">What it used, where that is metered.</param>
public sealed record EffectOutput(JsonElement Output, EffectUsage? Usage = null)
{
    /// <summary>What undoes the effect, if it can be undone.</summary>
    public Compensation? Compensation { get; init; }

    /// <summary>The run whose end is the end of this step, if the effect started one.</summary>
    public RunId? Child { get; init; }

    /// <summary>
    /// Where the output comes from and who may read it, in the words of whoever judges by that. It is journaled beside the
    /// output and stays with it; the engine does not read it.
    /// </summary>
    public JsonElement? Label { get; init; }
}

/// <summary>An approval that was given before it was asked for.</summary>
/// <param name="By">Which one, as the journal names who decided.</param>
/// <param name="Note">Who gave it, and how often it may still be used.</param>
public sealed record StandingConsent(string By, string Note);

/// <summary>What a probe found.</summary>
public abstract record ProbeAnswer
{
    private ProbeAnswer()
    {
    }

    /// <summary>The effect took place, with this output.</summary>
    public sealed record TookPlace(EffectOutput Output) : ProbeAnswer;

    /// <summary>It did not; it may be performed.</summary>
    public sealed record DidNot : ProbeAnswer;

    /// <summary>It cannot be found out.</summary>
    public sealed record Unknown(string Reason) : ProbeAnswer;
}
