using CodexOS.Platform.Faults;

namespace CodexOS.Knowledge.Tuning;

/// <summary>What can be wrong with the synonyms and boosts of a base.</summary>
internal static class TuningFaults
{
    private const string BadSynonymsCode = "knowledge.bad_synonyms";

    public static Fault TooManySynonyms(int most) => new(
        BadSynonymsCode, FaultKind.Invalid,
        $"A knowledge base may have {most} lines of synonyms. Leave some out, or ask the operator to raise "
        + "Knowledge:SynonymRulesMax.");

    public static Fault TooLongSynonym(int number, int most) => new(
        BadSynonymsCode, FaultKind.Invalid,
        $"Rule {number} is longer than {most} characters. Make two of it, or ask the operator to raise "
        + "Knowledge:SynonymRuleLengthMax.");

    /// <summary>What is wrong with one rule, as the end of a sentence.</summary>
    public static Fault BadSynonym(string why) => new(BadSynonymsCode, FaultKind.Invalid, why);

    public static Fault BadSynonymOf(int number, string rule, string why) => new(
        BadSynonymsCode, FaultKind.Invalid, $"Rule {number}, '{rule}', cannot be used: {why}.");

    public static Fault BadBoost(string which, string why) => new(
        "knowledge.bad_boosts", FaultKind.Invalid, $"{which} cannot be used: {why}.");
}
