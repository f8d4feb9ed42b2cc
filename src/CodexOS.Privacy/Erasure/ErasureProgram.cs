using System.Collections.Immutable;
using System.Text.Json;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Http;
using CodexOS.Platform.Ids;
using CodexOS.Runs.Contracts;
using CodexOS.Trust.Contracts;

namespace CodexOS.Privacy.Erasure;

/// <summary>
/// Erases a person: (1) <c>check</c> looks for what is in the way, (2) <c>erase.PART</c>, one after the other, erases what
/// each module knows and is not sealed, (3) <c>key</c> destroys the person's key and with it all that is sealed under it,
/// (4) <c>receipt</c> signs what was done. Each step finds done what was done before, so any of them can be repeated.
/// </summary>
internal sealed class ErasureProgram : RunProgram<ErasureState>
{
    public const string RunKind = "privacy.erasure";

    private const string Check = "check";
    private const string Part = "erase.";
    private const string Key = "key";
    private const string Receipt = "receipt";

    /// <inheritdoc />
    public override string Kind => RunKind;

    /// <inheritdoc />
    protected override ErasureState Empty { get; } = new(null, false, [], null, null, null);

    /// <inheritdoc />
    protected override ErasureState Fold(ErasureState state, JournaledEvent happened) => happened.Event switch
    {
        RunCreated created when state.Input is null => state with { Input = Json.TryRead<ErasureInput>(created.Input) },
        StepCompleted { Step: Check } => state with { IsChecked = true },
        StepCompleted { Step: Key } done when Json.TryRead<DestroyedKeys>(done.Output) is { } keys =>
            state with { Keys = keys.Versions },
        StepCompleted { Step: Receipt } done => state with { Output = done.Output },
        StepCompleted done when state.NextPart is { } part && done.Step == Part + part
            && Json.TryRead<ErasedPart>(done.Output) is { } erased => state with { Done = state.Done.Add(erased) },
        StepFailed failed => state with { Fault = failed.Fault },
        _ => state,
    };

    /// <inheritdoc />
    protected override Decision Decide(ErasureState state)
    {
        if (state.Fault is { } fault) return new Decision.Fail(fault);
        if (state.Input is not { } input) return new Decision.Fail(PrivacyFaults.BadStep);
        if (state.Output is { } output) return new Decision.Complete(output);
        if (!state.IsChecked) return Perform(Check, new ErasureStep(ErasureStage.Check, input));
        if (state.NextPart is { } part) return Perform(Part + part, new ErasureStep(ErasureStage.Part, input) { Part = part });
        if (state.Keys is not { } keys) return Perform(Key, new ErasureStep(ErasureStage.Key, input));
        return Perform(Receipt, new ErasureStep(ErasureStage.Receipt, input) { Done = state.Done, Keys = keys });
    }

    /// <inheritdoc />
    protected override JsonElement? Show(ErasureState state) =>
        JsonSerializer.SerializeToElement(new { state.Input, state.IsChecked, state.Done, state.Keys }, Json.Options);

    private static Decision.Perform Perform(string step, ErasureStep input) =>
        new([new StepRequest(step, RunKind, JsonSerializer.SerializeToElement(input, Json.Options))]);
}

/// <summary>How far an erasure has come.</summary>
/// <param name="Input">Who is erased; null until the run is created, or if that cannot be read.</param>
/// <param name="IsChecked">Whether nothing is in the way.</param>
/// <param name="Done">What the modules did.</param>
/// <param name="Keys">How many versions of the key were destroyed, once they were.</param>
/// <param name="Output">The receipt, once there is one.</param>
/// <param name="Fault">What failed.</param>
internal sealed record ErasureState(
    ErasureInput? Input, bool IsChecked, ImmutableArray<ErasedPart> Done, int? Keys, JsonElement? Output, Fault? Fault)
{
    /// <summary>The module that is next, or null if all are done.</summary>
    public string? NextPart => Input is { } input && Done.Length < input.Parts.Count ? input.Parts[Done.Length] : null;
}

/// <summary>Who is erased.</summary>
/// <param name="Subject">The person.</param>
/// <param name="DeleteRuns">Whether their runs go too.</param>
/// <param name="Parts">The modules that know of persons, in the order in which they erase.</param>
internal sealed record ErasureInput(UserId Subject, bool DeleteRuns, IReadOnlyList<string> Parts);

/// <summary>What a step of an erasure is asked to do; what a stage does not need is left out.</summary>
/// <param name="Stage">Which stage.</param>
/// <param name="Input">Who is erased.</param>
internal sealed record ErasureStep(ErasureStage Stage, ErasureInput Input)
{
    /// <summary>The module.</summary>
    public string? Part { get; init; }

    /// <summary>What the modules did.</summary>
    public IReadOnlyList<ErasedPart>? Done { get; init; }

    /// <summary>How many versions of the key were destroyed.</summary>
    public int Keys { get; init; }
}

/// <summary>The stages of an erasure.</summary>
internal enum ErasureStage
{
    /// <summary>Look for what is in the way.</summary>
    Check,

    /// <summary>Erase what one module knows.</summary>
    Part,

    /// <summary>Destroy the person's key.</summary>
    Key,

    /// <summary>Sign what was done.</summary>
    Receipt,
}

/// <summary>What a module did.</summary>
/// <param name="Part">The module.</param>
/// <param name="Erased">How many of what were erased or replaced.</param>
/// <param name="Kept">What was kept, and why.</param>
internal sealed record ErasedPart(string Part, IReadOnlyDictionary<string, long> Erased, IReadOnlyList<KeptData> Kept);

/// <summary>The keys of a person that are no more.</summary>
/// <param name="Versions">How many versions there were.</param>
internal sealed record DestroyedKeys(int Versions);

/// <summary>What an erasure gives.</summary>
/// <param name="Text">One line for lists.</param>
/// <param name="Receipt">The signed receipt.</param>
internal sealed record ErasureOutput(string Text, string Receipt);
