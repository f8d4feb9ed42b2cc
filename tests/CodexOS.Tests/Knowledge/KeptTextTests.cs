using CodexOS.Knowledge.Documents;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Knowledge;

public sealed class KeptTextTests
{
    [Theory]
    [InlineData("Grüße aus Köln, s'il vous plaît ÿ.", 1)]
    [InlineData("A quote ’ that is no Latin-1.", 2)]
    [InlineData("日本語と 🚀", 2)]
    [InlineData("", 1)]
    public void Every_stretch_is_that_of_the_text(string text, int bytesPerCharacter)
    {
        var kept = KeptText.Of(new StoredText(text, [new StoredPassage(0, text.Length, [], null, null)]));
        kept.Length.ShouldBe(text.Length);
        kept.TextOf(kept.Passages[0]).ShouldBe(text);
        for (var start = 0; start < text.Length; start++)
            kept.Part(start, text.Length - start).ShouldBe(text[start..]);
        kept.SizeBytes.ShouldBe((bytesPerCharacter * text.Length) + 100);
    }
}
