using CodexOS.Platform.Faults;

namespace CodexOS.Knowledge.Evaluation;

/// <summary>What can be wrong with an evaluation.</summary>
internal static class EvaluationFaults
{
    public static Fault BadGrade { get; } = new(
        "knowledge.bad_grade", FaultKind.Invalid,
        "A grade in relevant must be from 0, which does not answer the question, to 10.");
}
