using System.Globalization;
using CodexOS.Knowledge.Documents;
using CodexOS.Knowledge.Index.Queries;
using CodexOS.Platform.Faults;
using Microsoft.Extensions.Options;

namespace CodexOS.Knowledge.Tuning;

/// <summary>Checks synonyms and boosts before a base gets them. What is wrong names the rule.</summary>
internal sealed class TuningCheck(IOptions<KnowledgeOptions> options)
{
    private const double DaysMin = 1;
    private const double DaysMax = 36_500;
    private const int ShownMax = 80;

    /// <summary>The rules without spaces around them.</summary>
    public Result<KnowledgeSynonyms> Of(SetSynonymsRequest request)
    {
        var given = options.Value;
        var rules = request.Rules!.Select(static rule => rule?.Trim() ?? "").ToList();
        if (rules.Count > given.SynonymRulesMax) return TuningFaults.TooManySynonyms(given.SynonymRulesMax);
        foreach (var (at, rule) in rules.Index())
        {
            if (rule.Length > given.SynonymRuleLengthMax) return TuningFaults.TooLongSynonym(at + 1, given.SynonymRuleLengthMax);
            if (rule.Any(char.IsControl)) return TuningFaults.BadSynonymOf(at + 1, "…", "it has control characters");
            if (!SynonymRule.Parse(rule).TryGet(out _, out var wrong))
                return TuningFaults.BadSynonymOf(at + 1, rule.Length > ShownMax ? rule[..ShownMax] + "…" : rule, wrong.Message);
        }

        return new KnowledgeSynonyms(rules);
    }

    /// <summary>The boosts, with what was left out.</summary>
    public Result<KnowledgeBoosts> Of(SetBoostsRequest request)
    {
        var boosts = new KnowledgeBoosts(request.Fields ?? FieldBoosts.Usual, request.Metadata ?? [], request.Newer);
        foreach (var (field, weight) in (IEnumerable<(string, double)>)
        [
            ("title", boosts.Fields.Title), ("headings", boosts.Fields.Headings), ("text", boosts.Fields.Text),
        ])
        {
            if (!IsFactor(weight)) return TuningFaults.BadBoost($"The weight of {field}", FactorRule(weight));
        }

        if (boosts.Metadata.Count > options.Value.BoostRulesMax)
        {
            return TuningFaults.BadBoost(
                "metadata",
                $"it has more than {options.Value.BoostRulesMax} rules. Leave some out, or ask the operator to raise "
                + "Knowledge:BoostRulesMax");
        }

        foreach (var (at, rule) in boosts.Metadata.Index())
        {
            var number = $"Rule {at + 1}";
            if (!DocumentFacts.IsPair(rule?.Key, rule?.Value))
            {
                return TuningFaults.BadBoost(
                    number, "key must be 1 to 64 letters, digits, dots, dashes and underscores, value up to 256 characters");
            }

            var name = $"{number}, {rule!.Key}={rule.Value},";
            if (!IsFactor(rule.Factor)) return TuningFaults.BadBoost(name, FactorRule(rule.Factor));
            if (boosts.Metadata.Take(at).Any(other => other.Key == rule.Key && other.Value == rule.Value))
                return TuningFaults.BadBoost(name, "it stands there twice");
        }

        if (boosts.Newer is not { } newer) return boosts;
        if (newer.HalfLifeDays is not (>= DaysMin and <= DaysMax))
            return TuningFaults.BadBoost("newer", $"halfLifeDays must be from {DaysMin} to {DaysMax}");
        return IsFactor(newer.Factor) ? boosts : TuningFaults.BadBoost("newer", FactorRule(newer.Factor));
    }

    private static bool IsFactor(double factor) => factor is >= SearchBoosts.FactorMin and <= SearchBoosts.FactorMax;

    private static string FactorRule(double factor) => string.Create(
        CultureInfo.InvariantCulture,
        $"a factor must be from {SearchBoosts.FactorMin} to {SearchBoosts.FactorMax}, and {factor} is not");
}
