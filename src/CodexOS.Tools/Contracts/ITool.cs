using System.Collections.Immutable;
using System.Text.Json;
using CodexOS.Platform.Egress;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Ids;
using CodexOS.Runs.Contracts;

namespace CodexOS.Tools.Contracts;

/// <summary>
/// Something an agent can do: a contract that the gate judges by, and a handler. Registered as a singleton.
/// </summary>
public interface ITool
{
    /// <summary>What the tool takes, gives and may do.</summary>
    ToolContract Contract { get; }

    /// <summary>
    /// Performs the call, which has passed the gate and whose arguments fit the input schema. Something the model can
    /// learn from (a missing file, a failing command) is a result with <see cref="ToolResult.IsError"/>; a fault means
    /// that the tool itself cannot work.
    /// </summary>
    Task<Result<ToolResult>> InvokeAsync(ToolCall call, CancellationToken cancellationToken);

    /// <summary>
    /// What this very call can do, where that depends on its arguments or on the run's network: pure code, asked by the
    /// gate. By default it is what the contract says.
    /// </summary>
    /// <param name="arguments">They fit the input schema.</param>
    /// <param name="hasNetwork">Whether the run may reach any host.</param>
    ToolCallClass ClassOf(JsonElement arguments, bool hasNetwork) =>
        new(Contract.Effect, Contract.Repeat, Contract.AsksByDefault);

    /// <summary>Tells what the call would change, for the person who is asked to approve it.</summary>
    Task<ApprovalPreview?> PreviewAsync(ToolCall call, CancellationToken cancellationToken) =>
        Task.FromResult<ApprovalPreview?>(null);

    /// <summary>
    /// Finds out whether a call of class <see cref="RepeatClass.Queryable"/> took place whose outcome was lost.
    /// </summary>
    Task<ToolProbe> ProbeAsync(ToolCall call, CancellationToken cancellationToken) =>
        Task.FromResult<ToolProbe>(new ToolProbe.Unknown("The tool cannot tell."));
}

/// <summary>What a tool found out about a call whose outcome was lost.</summary>
public abstract record ToolProbe
{
    private ToolProbe()
    {
    }

    /// <summary>It took place, and gave this.</summary>
    /// <param name="Result">What it gave.</param>
    public sealed record TookPlace(ToolResult Result) : ToolProbe;

    /// <summary>It did not; it may be made.</summary>
    public sealed record DidNot : ToolProbe;

    /// <summary>It cannot be found out.</summary>
    /// <param name="Reason">Why not.</param>
    public sealed record Unknown(string Reason) : ToolProbe;
}

/// <summary>A call that has passed the gate.</summary>
/// <param name="Run">The run that calls.</param>
/// <param name="Tenant">The run's tenant.</param>
/// <param name="Key">The idempotency key: the same when the call is repeated after a crash.</param>
/// <param name="Arguments">They fit the tool's input schema.</param>
/// <param name="Workspace">The run's file workspace, if it has one.</param>
public sealed record ToolCall(RunId Run, TenantId Tenant, string Key, JsonElement Arguments, WorkspaceId? Workspace)
{
    /// <summary>
    /// The call's way to the network, as far as the run's grant says; what is done with it is journaled with the outcome.
    /// Null is no network.
    /// </summary>
    public EgressSession? Egress { get; init; }

    /// <summary>The knowledge bases that the run's grant lists, by name.</summary>
    public ImmutableArray<string> Knowledge { get; init; } = [];

    /// <summary>Passes on output while it is being made; shown live, not journaled.</summary>
    public Action<string> OnDelta { get; init; } = static _ => { };

    /// <summary>The label of what the arguments are made of.</summary>
    public Label ArgumentsLabel { get; init; } = Label.Unknown;

    /// <summary>
    /// Asks a person something in the middle of the call, whose time does not count meanwhile. Null where nobody can be
    /// asked. A fault means that what they said may not go where the call's arguments go.
    /// </summary>
    public Func<QuestionWish, CancellationToken, Task<Result<ApprovalDecided>>>? AskAsync { get; init; }

    /// <summary>The step as the engine performs it, for tools that have others act on their behalf.</summary>
    public EffectCall? Step { get; init; }
}

/// <summary>What a tool gives back.</summary>
/// <param name="Text">What the model reads.</param>
/// <param name="IsError">Whether the call did not do what was asked.</param>
/// <param name="Data">The same for programs and the UI, as the tool documents it.</param>
public sealed record ToolResult(string Text, bool IsError, JsonElement Data)
{
    /// <summary>Whether <see cref="Text"/> or <see cref="Data"/> were cut at a limit.</summary>
    public bool Truncated { get; init; }

    /// <summary>What undoes the call, if it changed something and there is a way back.</summary>
    public Compensation? Undo { get; init; }

    /// <summary>
    /// What the tool knows of where this output comes from. It is joined with what its contract says, and so never makes an
    /// output more trusted; one of a closed type says so here.
    /// </summary>
    public Label? Label { get; init; }

    /// <summary>What the call used, where that is metered.</summary>
    public EffectUsage? Usage { get; init; }
}
