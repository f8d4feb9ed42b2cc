using System.Security.Cryptography;
using System.Text;
using CodexOS.Identity.ApiKeys;
using CsCheck;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Identity;

public sealed class ApiKeyTests
{
    /// <summary>The bytes 0 to 31 as the secret; base 62 and CRC-32 computed by another program.</summary>
    private const string Known = "cdx_003aUlTJC7tjlCTQj2uNU3MFagCXG9LRKRcwGkBIDlf1v64fq";

    [Fact]
    public void The_form_is_what_scanners_are_told()
    {
        for (var i = 0; i < 100; i++)
        {
            var text = ApiKey.New().Reveal();
            text.ShouldMatch("^cdx_[0-9A-Za-z]{49}$");
            text.Length.ShouldBe(ApiKey.Length);
            ApiKey.TryParse(text, out var parsed).ShouldBeTrue();
            parsed!.Reveal().ShouldBe(text);
        }
    }

    [Fact]
    public void A_key_that_another_program_wrote_is_read_and_hashed_as_its_text()
    {
        ApiKey.TryParse(Known, out var key).ShouldBeTrue();
        key!.Hash.ShouldBe(SHA256.HashData(Encoding.ASCII.GetBytes(Known)));
        key.Hint.ShouldBe("cdx_003aUl…");
        key.ToString().ShouldNotContain(Known[12..]);
    }

    [Fact]
    public void Any_one_character_that_is_mistyped_is_noticed() => Gen
        .Select(Gen.Int[0, ApiKey.Length - 1], Gen.Char["0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"])
        .Sample((at, character) => Known[at] == character
            || !ApiKey.TryParse(Known[..at] + character + Known[(at + 1)..], out _));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("cdx_")]
    [InlineData("cdr_003aUlTJC7tjlCTQj2uNU3MFagCXG9LRKRcwGkBIDlf1v64fq")]
    [InlineData("cdx_003aUlTJC7tjlCTQj2uNU3MFagCXG9LRKRcwGkBIDlf1v64f")]
    [InlineData("cdx_003aUlTJC7tjlCTQj2uNU3MFagCXG9LRKRcwGkBIDlf1v64fqq")]
    [InlineData("cdx_003aUlTJC7tjlCTQj2uNU3MFagCXG9LRKRcwGkBIDlf1v64f\u00e9")]
    public void What_is_no_key_is_not_read(string? text) => ApiKey.TryParse(text, out _).ShouldBeFalse();

    [Fact]
    public void Keys_use_all_digits_evenly_enough_to_be_random()
    {
        // Were the secret cut or padded, some digit would be missing or in every second place.
        var counts = Enumerable.Range(0, 500).SelectMany(_ => ApiKey.New().Reveal()[5..^6])
            .CountBy(character => character).ToDictionary();
        counts.Count.ShouldBe(62);
        counts.Values.Max().ShouldBeLessThan(2 * counts.Values.Min());
    }
}
