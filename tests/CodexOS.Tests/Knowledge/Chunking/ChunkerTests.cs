using System.Globalization;
using CodexOS.Knowledge.Chunking;
using CodexOS.Knowledge.Extraction;
using CsCheck;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Knowledge.Chunking;

public sealed class ChunkerTests
{
    private static readonly Gen<string> s_word = Gen.OneOf(
        Gen.String[Gen.Char["abcdefghij"], 1, 12],
        Gen.OneOf("Word.", "Is?", "end!", "e.g.", "(a)", "12,5", "日本語の文。", "これは、", "长", "👩‍👩‍👧‍👦", "🇩🇪", "e\u0301",
            "שלום", "مرحبا.", "ไทย", "\n", "\n\n", "\t", "----------", "https://example.org/a/b?c=d"));

    private static readonly Gen<Block> s_block = Gen.Select(
        Gen.Enum<BlockKind>(), s_word.List[1, 400], Gen.Int[1, 6], Gen.Int[1, 50], Gen.OneOf(" ", "", "\n"))
        .Select((kind, words, level, page, separator) => new Block(
            kind,
            string.Join(separator, kind is BlockKind.Heading ? words.Take(8) : words),
            kind is BlockKind.Heading ? level : 0,
            new Place(PlaceKind.Page, page)));

    private static readonly Gen<ChunkerOptions> s_options = Gen
        .Select(Gen.Int[32, 500], Gen.Int[48, 600], Gen.Int[0, 100], Gen.Int[0, 60])
        .Select((target, max, min, overlap) => new ChunkerOptions
        {
            TokensTarget = target,
            TokensMax = Math.Max(target, max),
            TokensMin = min,
            TokensOverlapMax = overlap,
        });

    [Fact]
    public void Every_passage_is_exactly_the_text_at_its_place_and_no_word_is_lost() => Gen
        .Select(s_block.List[0, 25], s_options).Sample(
        (blocks, options) =>
        {
            var (passages, text) = Cut(blocks, options);
            var end = 0L;
            for (var i = 0; i < passages.Count; i++)
            {
                var passage = passages[i];
                passage.Ordinal.ShouldBe(i);
                text.Substring((int)passage.Start, passage.Text.Length).ShouldBe(passage.Text);
                passage.Text.Length.ShouldBeGreaterThan(0);

                // Between two passages lies white space only, and each goes further than the one before.
                if (passage.Start > end) string.IsNullOrWhiteSpace(text[(int)end..(int)passage.Start]).ShouldBeTrue();
                (passage.Start + passage.Text.Length).ShouldBeGreaterThan(end);
                end = passage.Start + passage.Text.Length;
            }

            string.IsNullOrWhiteSpace(text[(int)end..]).ShouldBeTrue();
        },
        iter: 400);

    [Fact]
    public void No_passage_is_larger_than_allowed_or_cut_within_a_sign() => Gen
        .Select(s_block.List[0, 12], s_options).Sample(
        (blocks, options) =>
        {
            var (passages, text) = Cut(blocks, options);
            foreach (var passage in passages)
            {
                // One more for each join of two blocks, as the estimate of a whole is not the sum of its parts.
                TokenEstimate.Of(passage.Text).ShouldBeLessThanOrEqualTo((int)(options.TokensMax * 1.1) + 8);
                char.IsLowSurrogate(passage.Text[0]).ShouldBeFalse();
                char.IsHighSurrogate(passage.Text[^1]).ShouldBeFalse();
                var start = CharUnicodeInfo.GetUnicodeCategory(text, (int)passage.Start);
                if (passage.Start > 0 && !char.IsWhiteSpace(text[(int)passage.Start - 1]))
                    start.ShouldNotBe(UnicodeCategory.NonSpacingMark);
            }
        },
        iter: 300);

    [Fact]
    public void Passages_are_made_as_blocks_come()
    {
        var taken = 0;
        IEnumerable<Block> Blocks()
        {
            for (; ; taken++) yield return Paragraph(100);
        }

        new Chunker(ChunkerOptions.Default).Cut(Blocks(), new DocumentText(TextWriter.Null)).Take(5).Count().ShouldBe(5);
        taken.ShouldBeLessThan(50);
    }

    [Fact]
    public void A_top_heading_begins_a_passage_and_is_the_path_of_those_after_it()
    {
        var (passages, _) = Cut([
            Heading(1, "Guide"), Paragraph(100), Heading(2, "Set up"), Paragraph(300), Paragraph(300), Heading(2, "Use"), Paragraph(100)]);
        passages.Select(passage => passage.Text.Split('\n')[0]).Take(2).ShouldBe(["Guide", "Set up"]);
        passages[1].Headings.ShouldBe(["Guide"]);
        passages[2].Headings.ShouldBe(["Guide", "Set up"]);
        passages[3].Text.ShouldStartWith("Use");
        passages.Count.ShouldBe(4);
    }

    [Fact]
    public void Tiny_sections_share_a_passage_under_what_they_have_in_common()
    {
        var (passages, _) = Cut([
            Heading(1, "Terms"), Heading(3, "A"), Paragraph(10), Heading(3, "B"), Paragraph(10), Heading(3, "C"), Paragraph(10)]);
        passages.ShouldHaveSingleItem().Headings.ShouldBeEmpty();
        (passages, _) = Cut([
            Heading(1, "Terms"), Paragraph(200), Heading(2, "One"), Heading(3, "A"), Paragraph(20), Heading(2, "Two"), Paragraph(20)]);
        passages[1].Headings.ShouldBe(["Terms"]);
    }

    [Fact]
    public void A_long_table_is_cut_between_rows_and_its_header_stands_in_the_path()
    {
        var table = "| Name | Price |\n| --- | --- |\n" + string.Join('\n', Enumerable.Range(0, 200).Select(i => $"| item {i} | {i} |"));
        var (passages, _) = Cut([Heading(1, "Costs"), new Block(BlockKind.Table, table)]);
        passages.Count.ShouldBeGreaterThan(3);
        passages[0].Text.ShouldStartWith("Costs\n\n| Name | Price |\n");
        foreach (var passage in passages.Skip(1))
        {
            passage.Headings.ShouldBe(["Costs", "Name | Price"]);
            passage.Text.ShouldStartWith("| item ");
            passage.Text.ShouldEndWith(" |");
        }
    }

    [Theory]
    [InlineData("This is a sentence of some words. ")]
    [InlineData("これは日本語の文です。")]
    [InlineData("这是一个中文句子！")]
    [InlineData("هذه جملة من بضع كلمات. ")]
    public void A_long_paragraph_is_cut_between_sentences_with_the_last_one_repeated(string sentence)
    {
        var (passages, text) = Cut([new Block(BlockKind.Paragraph, string.Concat(Enumerable.Repeat(sentence, 300)).Trim())]);
        passages.Count.ShouldBeGreaterThan(3);
        passages.ShouldAllBe(passage => (passage.Text + " ").EndsWith(sentence) || passage.Text.EndsWith(sentence));
        passages.ShouldAllBe(passage => passage.Text.StartsWith(sentence.Trim()));
        (passages[1].Start < passages[0].Start + passages[0].Text.Length).ShouldBeTrue();
        text.Length.ShouldBeGreaterThan(1_000);
    }

    [Fact]
    public void A_passage_knows_where_it_begins_and_ends()
    {
        var (passages, _) = Cut([Paragraph(50, 3), Paragraph(50, 4), Paragraph(350, 5)]);
        (passages[0].From, passages[0].To).ShouldBe((new Place(PlaceKind.Page, 3), new Place(PlaceKind.Page, 4)));
        passages[1].From.ShouldBe(new Place(PlaceKind.Page, 5));
    }

    [Theory]
    [InlineData("", 0)]
    [InlineData("word", 1)]
    [InlineData("The quick brown fox jumps over the lazy dog.", 10)]
    [InlineData("internationalisation", 4)]
    [InlineData("日本語", 3)]
    [InlineData("12345", 2)]
    [InlineData("Привет", 2)]
    [InlineData("--------", 1)]
    public void Tokens_are_estimated(string text, int tokens) => TokenEstimate.Of(text).ShouldBe(tokens);

    [Fact]
    public void Sizes_out_of_bounds_are_refused() =>
        Should.Throw<ArgumentOutOfRangeException>(() => new ChunkerOptions { TokensMax = 10 }).Message.ShouldContain("between 48 and 8000");

    private static (List<Passage> Passages, string Text) Cut(IEnumerable<Block> blocks, ChunkerOptions? options = null)
    {
        var text = new DocumentText();
        var passages = new Chunker(options ?? ChunkerOptions.Default).Cut(blocks, text).ToList();
        return (passages, text.ToString());
    }

    private static Block Heading(int level, string text) => new(BlockKind.Heading, text, level);

    private static Block Paragraph(int words, int page = 1) => new(
        BlockKind.Paragraph, string.Join(' ', Enumerable.Repeat("word", words)) + ".", 0, new Place(PlaceKind.Page, page));
}
