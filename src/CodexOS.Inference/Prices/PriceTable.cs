using System.Text.RegularExpressions;
using CodexOS.Inference.Contracts;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Options;
using YamlDotNet.Serialization;
using YamlDotNet.Serialization.NamingConventions;

namespace CodexOS.Inference.Prices;

/// <summary>What calls cost: the table that comes with CodexOS, overridden by the operator's.</summary>
internal sealed partial class PriceTable
{
    private const string AnyModel = "*";

    private readonly Dictionary<string, Dictionary<string, ModelPriceOptions>> _prices;

    public PriceTable(IOptions<InferenceOptions> options)
    {
        _prices = ReadEmbedded();
        foreach (var (provider, models) in options.Value.Prices)
        {
            var known = _prices.TryGetValue(provider, out var found)
                ? found
                : _prices[provider] = new Dictionary<string, ModelPriceOptions>(StringComparer.Ordinal);
            foreach (var (model, price) in models)
            {
                known[model] = price;
            }
        }
    }

    /// <summary>The price of a model, or null if it is not known.</summary>
    public ModelPriceOptions? Of(ModelName name)
    {
        if (!_prices.TryGetValue(name.Provider, out var models))
        {
            return null;
        }

        // Providers publish dated snapshots of a model (gpt-4o-2024-08-06) at the price of the model itself.
        return models.GetValueOrDefault(name.Model)
            ?? models.GetValueOrDefault(SnapshotDate().Replace(name.Model, ""))
            ?? models.GetValueOrDefault(AnyModel);
    }

    /// <summary>What a call costs in millionths of a US dollar, rounded up; zero if the price is not known.</summary>
    public static long CostMicroUsd(ModelPriceOptions? price, UsageDetails usage)
    {
        if (price is null)
        {
            return 0;
        }

        var input = Math.Max(0, usage.InputTokenCount ?? 0);
        var cached = Math.Clamp(usage.CachedInputTokenCount ?? 0, 0, input);
        var output = Math.Max(0, usage.OutputTokenCount ?? 0);
        // Dollars per million tokens are millionths of a dollar per token.
        var cost = ((input - cached) * price.Input) + (cached * (price.CachedInput ?? price.Input))
            + (output * price.Output);
        return (long)Math.Min(Math.Ceiling(cost), long.MaxValue / 2m);
    }

    private static Dictionary<string, Dictionary<string, ModelPriceOptions>> ReadEmbedded()
    {
        using var stream = typeof(PriceTable).Assembly.GetManifestResourceStream("prices.yaml")
            ?? throw new InvalidOperationException("The price table is missing from the assembly.");
        using var reader = new StreamReader(stream);
        return new DeserializerBuilder()
            .WithNamingConvention(CamelCaseNamingConvention.Instance)
            .Build()
            .Deserialize<Dictionary<string, Dictionary<string, ModelPriceOptions>>>(reader);
    }

    [GeneratedRegex("-20[0-9]{2}-[0-9]{2}-[0-9]{2}$", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant)]
    private static partial Regex SnapshotDate();
}
