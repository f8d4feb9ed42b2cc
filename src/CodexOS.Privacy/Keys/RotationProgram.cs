using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Http;
using CodexOS.Runs.Contracts;
using CodexOS.Trust.Contracts;

namespace CodexOS.Privacy.Keys;

/// <summary>
/// Rotates a tenant's keys: (1) <c>begin</c> takes the turn, for there is one rotation at a time, (2) <c>next</c> makes the new
/// versions and looks what is under the old ones, (3) <c>wrap</c> wraps keys anew, (4) <c>seal.TABLE</c>, one after the other,
/// seals the values of a table anew, (5) <c>retire</c> retires what nothing is under, and keeps the report. Each step finds done
/// what was done before. A run that is ended in the middle leaves two versions in use, which is what they are made for.
/// </summary>
internal sealed class RotationProgram : RunProgram<RotationState>
{
    public const string RunKind = "keys.rotate";

    private const string Begin = "begin";
    private const string Next = "next";
    private const string Wrap = "wrap";
    private const string Seal = "seal.";
    private const string Retire = "retire";

    /// <inheritdoc />
    public override string Kind => RunKind;

    /// <inheritdoc />
    protected override RotationState Empty { get; } = new();

    /// <inheritdoc />
    protected override RotationState Fold(RotationState state, JournaledEvent happened) => happened.Event switch
    {
        StepCompleted { Step: Begin } done => state with { Before = Json.TryRead<KeyVersions>(done.Output) },
        StepCompleted { Step: Next } done => state with { Next = Json.TryRead<NextKeys>(done.Output) },
        StepCompleted { Step: Wrap } done => state with { Wrapped = Json.TryRead<WrappedKeys>(done.Output) },
        StepCompleted { Step: Retire } done => state with { Report = Json.TryRead<KeyRotationReport>(done.Output) },
        StepCompleted done when state.NextTable is { } table && done.Step == Seal + table.Table
            && Json.TryRead<ResealedTable>(done.Output) is { } resealed => state with { Done = state.Done.Add(resealed) },
        StepFailed failed => state with { Fault = failed.Fault },
        _ => state,
    };

    /// <inheritdoc />
    protected override Decision Decide(RotationState state)
    {
        if (state.Fault is { } fault) return new Decision.Fail(fault);
        if (state.Report is { } report) return new Decision.Complete(OutputOf(report));
        if (state.Before is not { } before) return Perform(Begin, new RotationStep(RotationStage.Begin));
        if (state.Next is not { } next) return Perform(Next, new RotationStep(RotationStage.Next) { Before = before });
        if (state.Wrapped is not { } wrapped) return Perform(Wrap, new RotationStep(RotationStage.Wrap));
        if (state.NextTable is { } table)
        {
            return Perform(Seal + table.Table, new RotationStep(RotationStage.Seal)
            {
                Table = table,
                ValuesBefore = state.Done.Sum(static one => one.Values),
                ValuesAll = next.Tables.Sum(static one => one.Values),
            });
        }

        return Perform(Retire, new RotationStep(RotationStage.Retire)
        {
            Report = new KeyRotationReport(
                before, next.After, wrapped.Keys, state.Done.Sum(static one => one.Sealed),
                state.Done.Sum(static one => one.Unreadable), 0, state.Done),
        });
    }

    /// <inheritdoc />
    protected override JsonElement? Show(RotationState state) => JsonSerializer.SerializeToElement(
        new { state.Before, state.Next?.After, KeysWrapped = state.Wrapped?.Keys, state.Next?.Tables, state.Done }, Json.Options);

    private static Decision.Perform Perform(string step, RotationStep input) =>
        new([new StepRequest(step, RunKind, JsonSerializer.SerializeToElement(input, Json.Options))]);

    private static JsonElement OutputOf(KeyRotationReport report)
    {
        var text = string.Create(
            CultureInfo.InvariantCulture, $"{report.KeysWrapped} keys wrapped and {report.ValuesSealed} values sealed anew");
        if (report.ValuesUnreadable > 0)
            text += string.Create(CultureInfo.InvariantCulture, $"; {report.ValuesUnreadable} could not be opened");
        return JsonSerializer.SerializeToElement(new { Text = text, Report = report }, Json.Options);
    }
}

/// <summary>How far a rotation has come.</summary>
internal sealed record RotationState
{
    /// <summary>The versions that it replaces, once it has the turn.</summary>
    public KeyVersions? Before { get; init; }

    /// <summary>The new versions, and what is under the old ones.</summary>
    public NextKeys? Next { get; init; }

    /// <summary>What was wrapped anew.</summary>
    public WrappedKeys? Wrapped { get; init; }

    /// <summary>The tables that are done.</summary>
    public ImmutableArray<ResealedTable> Done { get; init; } = [];

    /// <summary>What it came to, at the end.</summary>
    public KeyRotationReport? Report { get; init; }

    /// <summary>What failed.</summary>
    public Fault? Fault { get; init; }

    /// <summary>The table that is next, or null if all are done.</summary>
    public SealedTable? NextTable => Next is { } next && Done.Length < next.Tables.Count ? next.Tables[Done.Length] : null;
}

/// <summary>What a step does.</summary>
internal enum RotationStage
{
    /// <summary>Takes the turn.</summary>
    Begin,

    /// <summary>Makes the new versions.</summary>
    Next,

    /// <summary>Wraps keys anew.</summary>
    Wrap,

    /// <summary>Seals the values of a table anew.</summary>
    Seal,

    /// <summary>Retires old versions, and keeps the report.</summary>
    Retire,
}

/// <summary>A step of it.</summary>
/// <param name="Stage">What is to be done.</param>
internal sealed record RotationStep(RotationStage Stage)
{
    /// <summary>The versions that are replaced.</summary>
    public KeyVersions? Before { get; init; }

    /// <summary>The table whose values are sealed anew.</summary>
    public SealedTable? Table { get; init; }

    /// <summary>How many values the tables before it had.</summary>
    public long ValuesBefore { get; init; }

    /// <summary>How many values all tables have.</summary>
    public long ValuesAll { get; init; }

    /// <summary>What it came to so far.</summary>
    public KeyRotationReport? Report { get; init; }
}

/// <summary>What the new versions are, and what is under the old ones.</summary>
/// <param name="After">The new versions.</param>
/// <param name="Tables">The tables with values under old ones.</param>
internal sealed record NextKeys(KeyVersions After, IReadOnlyList<SealedTable> Tables);

/// <summary>What was wrapped anew.</summary>
/// <param name="Keys">How many keys.</param>
internal sealed record WrappedKeys(int Keys);
