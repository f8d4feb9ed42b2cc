using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Http;
using CodexOS.Platform.Ids;
using CodexOS.Runs.Contracts;

namespace CodexOS.Runs.Moves;

/// <summary>
/// Moves a tenant's rows to another database while the tenant works: (1) <c>begin</c> checks, takes the turn and empties the
/// target; (2) <c>copy.N</c> copies everything, and then, pass by pass, what has changed since, until little is left; (3)
/// <c>switch</c> closes the tenant, copies the rest, compares both sides and says that the tenant lies in the target, or lets it
/// go on where it was; (4) <c>clean</c> removes the rows that were left behind. Each step can be done again. What fails before
/// the switch is followed by <c>stay</c>, which gives the turn back.
/// </summary>
internal sealed class MoveProgram : RunProgram<MoveState>
{
    public const string RunKind = "tenants.move";

    /// <summary>With fewer changed rows than this the tenant is closed: the rest takes no longer than closing itself.</summary>
    internal const long RowsLeftMax = 2_000;

    private const int PassesMax = 6;
    private const string Begin = "begin";
    private const string Copy = "copy.";
    private const string Switch = "switch";
    private const string Clean = "clean";
    private const string Stay = "stay";

    /// <inheritdoc />
    public override string Kind => RunKind;

    /// <inheritdoc />
    protected override MoveState Empty { get; } = new();

    /// <inheritdoc />
    protected override MoveState Fold(MoveState state, JournaledEvent happened) => happened.Event switch
    {
        RunCreated created when state.Input is null => state with { Input = Json.TryRead<MoveInput>(created.Input) },
        StepCompleted { Step: Begin } done => state with { Begun = Json.TryRead<MoveBegun>(done.Output) },
        StepCompleted { Step: Switch } done => state with { Switched = Json.TryRead<MoveSwitched>(done.Output) },
        StepCompleted { Step: Clean } done => state with { Cleaned = Json.TryRead<MoveCleaned>(done.Output) },
        StepCompleted { Step: Stay } => state with { HasStayed = true },
        StepCompleted done when done.Step.StartsWith(Copy, StringComparison.Ordinal)
            && Json.TryRead<MovePass>(done.Output) is { } pass => state with { Passes = state.Passes.Add(pass) },
        // What keeps a failed move from giving the turn back is seen to by MoveKeeper.
        StepFailed { Step: Stay } => state with { HasStayed = true },
        StepFailed failed => state with { Fault = failed.Fault },
        _ => state,
    };

    /// <inheritdoc />
    protected override Decision Decide(MoveState state)
    {
        if (state.Input is not { } input) return new Decision.Fail(MoveFaults.BadStep);
        if (state.Fault is { } fault)
        {
            // Once it has arrived, the tenant works, and what was left behind is removed later.
            if (state.Switched is not null || state.Begun is null || state.HasStayed) return new Decision.Fail(fault);
            return Perform(Stay, new MoveStep(MoveStage.Stay, input.Tenant, input.To));
        }

        if (state.Begun is not { } begun) return Perform(Begin, new MoveStep(MoveStage.Begin, input.Tenant, input.To));
        var step = new MoveStep(MoveStage.Copy, input.Tenant, input.To)
        {
            From = begun.From,
            Since = state.Passes.LastOrDefault()?.Moment,
        };
        if (state.Passes.Length == 0 || (state.Passes[^1].Rows > RowsLeftMax && state.Passes.Length < PassesMax))
            return Perform(string.Create(CultureInfo.InvariantCulture, $"{Copy}{state.Passes.Length + 1}"), step);
        if (state.Switched is not { } switched) return Perform(Switch, step with { Stage = MoveStage.Switch });
        if (state.Cleaned is not { } cleaned) return Perform(Clean, step with { Stage = MoveStage.Clean });
        return new Decision.Complete(OutputOf(input, state, switched, cleaned));
    }

    /// <inheritdoc />
    protected override JsonElement? Show(MoveState state) => JsonSerializer.SerializeToElement(
        new { state.Input?.Tenant, state.Begun?.From, state.Input?.To, state.Passes, state.Switched, state.Cleaned },
        Json.Options);

    private static Decision.Perform Perform(string step, MoveStep input) =>
        new([new StepRequest(step, RunKind, JsonSerializer.SerializeToElement(input, Json.Options))]);

    private static JsonElement OutputOf(MoveInput input, MoveState state, MoveSwitched switched, MoveCleaned cleaned)
    {
        var receipt = new MoveReceipt(
            input.Tenant, state.Begun!.From, input.To, switched.Tables.Sum(static table => table.Rows),
            state.Passes.Sum(static pass => pass.Bytes) + switched.Bytes, switched.ClosedMs, cleaned.Rows, switched.Tables);
        var text = string.Create(
            CultureInfo.InvariantCulture,
            $"{receipt.Rows} rows in {receipt.Tables.Count} tables lie in {receipt.To} now, counted and compared; ")
            + string.Create(CultureInfo.InvariantCulture, $"the tenant was closed for {receipt.ClosedMs} ms");
        return JsonSerializer.SerializeToElement(new { Text = text, Receipt = receipt }, Json.Options);
    }
}

/// <summary>What is moved where.</summary>
/// <param name="Tenant">The tenant.</param>
/// <param name="To">The place.</param>
internal sealed record MoveInput(TenantId Tenant, string To);

/// <summary>What a run of the kind may do.</summary>
/// <param name="Move">Whether it may move tenants.</param>
internal sealed record MoveGrant(bool Move);

/// <summary>How far a move has come.</summary>
internal sealed record MoveState
{
    /// <summary>What is moved where.</summary>
    public MoveInput? Input { get; init; }

    /// <summary>Where it began.</summary>
    public MoveBegun? Begun { get; init; }

    /// <summary>The passes over the tables so far.</summary>
    public ImmutableArray<MovePass> Passes { get; init; } = [];

    /// <summary>What was compared before the switch.</summary>
    public MoveSwitched? Switched { get; init; }

    /// <summary>What was removed after it.</summary>
    public MoveCleaned? Cleaned { get; init; }

    /// <summary>Whether the turn was given back after a failure.</summary>
    public bool HasStayed { get; init; }

    /// <summary>What failed.</summary>
    public Fault? Fault { get; init; }
}

/// <summary>What a step does.</summary>
internal enum MoveStage
{
    /// <summary>Checks, takes the turn and empties the target.</summary>
    Begin,

    /// <summary>Copies what was written since a moment.</summary>
    Copy,

    /// <summary>Closes the tenant, copies the rest, compares, and switches.</summary>
    Switch,

    /// <summary>Removes what was left behind.</summary>
    Clean,

    /// <summary>Gives the turn back, after a failure.</summary>
    Stay,
}

/// <summary>A step of it.</summary>
/// <param name="Stage">What is to be done.</param>
/// <param name="Tenant">For whom.</param>
/// <param name="To">Where it goes.</param>
internal sealed record MoveStep(MoveStage Stage, TenantId Tenant, string To)
{
    /// <summary>Where it lay.</summary>
    public string? From { get; init; }

    /// <summary>The moment before the last pass; null where there was none.</summary>
    public string? Since { get; init; }
}

/// <summary>Where it began.</summary>
/// <param name="From">Where the tenant lay.</param>
/// <param name="LeftOver">How many rows of an earlier try were removed from the target.</param>
internal sealed record MoveBegun(string From, long LeftOver);

/// <summary>A pass over all tables.</summary>
/// <param name="Moment">The moment before it: whatever is written later is the next pass's.</param>
/// <param name="Rows">How many rows it wrote in the target.</param>
/// <param name="Bytes">How many bytes it carried.</param>
internal sealed record MovePass(string Moment, long Rows, long Bytes);

/// <summary>What was compared before the switch.</summary>
/// <param name="Tables">Each table, with the number of rows and the hash that both sides had.</param>
/// <param name="Bytes">How many bytes the last pass carried.</param>
/// <param name="ClosedMs">For how many milliseconds nobody worked for the tenant.</param>
internal sealed record MoveSwitched(IReadOnlyList<TableSum> Tables, long Bytes, long ClosedMs);

/// <summary>What was removed.</summary>
/// <param name="Rows">How many rows.</param>
internal sealed record MoveCleaned(long Rows);

/// <summary>What a move came to.</summary>
/// <param name="Tenant">The tenant.</param>
/// <param name="From">Where it lay.</param>
/// <param name="To">Where it lies.</param>
/// <param name="Rows">How many rows went along.</param>
/// <param name="Bytes">How many bytes were carried, those of rows that changed meanwhile more than once.</param>
/// <param name="ClosedMs">For how many milliseconds nobody worked for the tenant.</param>
/// <param name="Removed">How many rows were removed where it lay.</param>
/// <param name="Tables">Each table, with the number of rows and the hash that both sides had.</param>
internal sealed record MoveReceipt(
    TenantId Tenant, string From, string To, long Rows, long Bytes, long ClosedMs, long Removed, IReadOnlyList<TableSum> Tables);
