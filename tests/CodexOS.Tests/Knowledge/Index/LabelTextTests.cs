using System.Collections.Immutable;
using CodexOS.Knowledge.Index.Lexical;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Knowledge.Index;

/// <summary>Looking for pairs in metadata as they are written.</summary>
public sealed class LabelTextTests
{
    private static readonly string s_metadata = LabelText.OfMetadata(
        ImmutableSortedDictionary.CreateRange(
            StringComparer.Ordinal,
            [KeyValuePair.Create("ateam", "legal"), KeyValuePair.Create("site", "Oslo"), KeyValuePair.Create("team", "legal")]));

    [Theory]
    [InlineData("ateam", "legal", true)]
    [InlineData("team", "legal", true)]
    [InlineData("site", "Oslo", true)]
    [InlineData("eam", "legal", false)]
    [InlineData("ite", "Oslo", false)]
    [InlineData("site", "Osl", false)]
    [InlineData("site", "slo", false)]
    [InlineData("site", "oslo", false)]
    [InlineData("team", "", false)]
    public void A_pair_is_found_whole_or_not_at_all(string key, string value, bool isThere)
    {
        LabelText.HasPair(s_metadata, LabelText.OfPair(key, value)).ShouldBe(isThere);
        LabelText.Has(s_metadata, key, [value]).ShouldBe(isThere);
        LabelText.HasPair("", LabelText.OfPair(key, value)).ShouldBeFalse();
    }
}
