using CodexOS.Inference;
using CodexOS.Inference.Contracts;
using CodexOS.Inference.Prices;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Options;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Inference;

public sealed class PriceTableTests
{
    [Theory]
    [InlineData("openai:gpt-4o-mini", 750_000)]
    [InlineData("openai:gpt-4o-mini-2024-07-18", 750_000)]
    [InlineData("scripted:anything", 0)]
    [InlineData("openai:gpt-4o-mini-tts", null)]
    [InlineData("elsewhere:gpt-4o-mini", null)]
    public void A_million_tokens_each_way_cost_what_the_table_says(string model, int? microUsd)
    {
        var price = Table(new InferenceOptions()).Of(ModelName.Parse(model).Value);

        (price is null).ShouldBe(microUsd is null);
        PriceTable.CostMicroUsd(price, Usage(1_000_000, 1_000_000)).ShouldBe(microUsd ?? 0);
    }

    [Fact]
    public void The_operator_s_price_comes_first()
    {
        var options = new InferenceOptions();
        options.Prices["openai"] = new()
        {
            ["gpt-4o-mini"] = new ModelPriceOptions { Input = 7 },
            ["*"] = new ModelPriceOptions { Input = 1 },
        };
        var table = Table(options);

        PriceTable.CostMicroUsd(table.Of(new ModelName("openai", "gpt-4o-mini")), Usage(10, 0)).ShouldBe(70);
        PriceTable.CostMicroUsd(table.Of(new ModelName("openai", "unheard-of")), Usage(10, 0)).ShouldBe(10);
        PriceTable.CostMicroUsd(table.Of(new ModelName("openai", "gpt-4o")), Usage(10, 0)).ShouldBe(25);
    }

    [Fact]
    public void Fractions_are_rounded_up() =>
        PriceTable.CostMicroUsd(new ModelPriceOptions { Input = 0.15m }, Usage(1, 0)).ShouldBe(1);

    private static PriceTable Table(InferenceOptions options) => new(Options.Create(options));

    private static UsageDetails Usage(long input, long output) =>
        new() { InputTokenCount = input, OutputTokenCount = output };
}
