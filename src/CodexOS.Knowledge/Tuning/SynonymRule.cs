using System.Collections.Immutable;
using System.Globalization;
using CodexOS.Knowledge.Index.Analysis;
using CodexOS.Platform.Faults;

namespace CodexOS.Knowledge.Tuning;

/// <summary>
/// A rule of synonyms as it is written, in the manner of the synonym files of Solr and Elasticsearch: <c>laptop, notebook</c>
/// stand for each other, <c>k8s =&gt; kubernetes</c> has what is on the right looked for with what is on the left. <c>^0.8</c> at
/// the end says how much the synonyms count. A line that is empty or begins with <c>#</c> is a remark.
/// </summary>
internal static class SynonymRule
{
    private const string Arrow = "=>";
    private const int WordsMax = 3;
    private const int TokensMax = 12;
    private const int TermsMax = 20;

    /// <summary>Whether a line says nothing.</summary>
    public static bool IsRemark(string line) => string.IsNullOrWhiteSpace(line) || line.TrimStart().StartsWith('#');

    /// <summary>The synonyms that a rule makes; none for a remark.</summary>
    /// <param name="line">The rule.</param>
    /// <returns>The synonyms, or what is wrong, as the end of a sentence.</returns>
    public static Result<ImmutableArray<Synonym>> Parse(string line)
    {
        if (IsRemark(line)) return ImmutableArray<Synonym>.Empty;
        if (!WeightOf(line, out var rule).TryGet(out var weight, out var wrong)) return wrong;
        var sides = rule.Split(Arrow);
        if (sides.Length > 2) return Bad("it has more than one =>");
        if (!TermsOf(sides[0]).TryGet(out var left, out wrong)) return wrong;
        if (sides.Length == 1)
        {
            return left.Length < 2
                ? Bad("it has one side only: write laptop, notebook or k8s => kubernetes")
                : Pairs(left, left, weight);
        }

        if (!TermsOf(sides[1]).TryGet(out var right, out wrong)) return wrong;
        return Pairs(left, right, weight) is { IsEmpty: false } pairs ? pairs : Bad("both sides say the same");
    }

    private static ImmutableArray<Synonym> Pairs(ImmutableArray<string> left, ImmutableArray<string> right, float weight) =>
    [
        .. left.SelectMany(
            term => right.Where(other => !Same(term, other)).Select(other => new Synonym(term, other, weight))),
    ];

    private static Result<float> WeightOf(string line, out string rule)
    {
        var sign = line.LastIndexOf('^');
        rule = sign < 0 ? line : line[..sign];
        if (sign < 0) return Synonym.WeightDefault;
        var number = line.AsSpan(sign + 1).Trim();
        return float.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var weight)
            && weight is > 0 and <= 1
            ? weight
            : Bad("what is behind ^ must be a number above 0 and up to 1, as ^0.8");
    }

    private static Result<ImmutableArray<string>> TermsOf(string side)
    {
        var terms = side.Split(',').Select(static term => string.Join(' ', WordsOf(term))).ToImmutableArray();
        if (terms.Length > TermsMax) return Bad($"a side has more than {TermsMax} words or groups of words");
        foreach (var (at, term) in terms.Index())
        {
            if (term.Length == 0) return Bad("a side, or a place between two commas, is empty");
            if (WordsOf(term).Length > WordsMax) return Bad($"'{term}' has more than {WordsMax} words");
            var tokens = Synonyms.CountOf(term);
            if (tokens == 0) return Bad($"'{term}' has no letters and no digits");
            if (tokens > TokensMax) return Bad($"'{term}' has more than {TokensMax} parts");
            if (terms.Take(at).Any(other => Same(term, other))) return Bad($"'{term}' stands there twice");
        }

        return terms;
    }

    private static string[] WordsOf(string text) => text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);

    private static bool Same(string term, string other) => string.Equals(term, other, StringComparison.OrdinalIgnoreCase);

    private static Fault Bad(string why) => TuningFaults.BadSynonym(why);
}
