using System.Text.Json;

namespace CodexOS.Runs.Contracts;

/// <summary>
/// What a step of the effect <see cref="Effect"/> starts: a run whose end is the end of the step, and whose output is the
/// step's. It never has more than its parent: budgets come out of the parent's, and its grant must lie within.
/// </summary>
/// <param name="Kind">Which program drives it.</param>
/// <param name="Subject">What it runs, by name.</param>
/// <param name="SubjectVersion">The immutable version of the subject.</param>
/// <param name="Title">One line for lists.</param>
/// <param name="Input">The program's input.</param>
/// <param name="Grant">What it may touch; null is all that its parent may.</param>
/// <param name="Limits">Its budgets; null is all that is left of its parent's.</param>
/// <param name="Labels">What lists show of it.</param>
public sealed record ChildRun(
    string Kind,
    string Subject,
    int SubjectVersion,
    string Title,
    JsonElement Input,
    JsonElement? Grant,
    RunLimits? Limits,
    RunLabels Labels)
{
    /// <summary>The input's label, see <see cref="EffectOutput.Label"/>: what the parent knew of where it comes from.</summary>
    public JsonElement? InputLabel { get; init; }

    /// <summary>The effect that starts a child run.</summary>
    public const string Effect = "run.child";
}

/// <summary>Knows what lies within a grant. The engine knows no grants; without a rule only the same lies within.</summary>
public interface IGrantRule
{
    /// <summary>Whether all that the inner grant allows is allowed by the outer one too.</summary>
    bool Contains(JsonElement outer, JsonElement inner);
}
