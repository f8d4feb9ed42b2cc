using CodexOS.Inference.Local.UseLite;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Inference;

/// <summary>The parts of the built-in embedding model that need no weights.</summary>
public sealed class UseLiteTests
{
    [Theory]
    [InlineData("plain text stays", "plain text stays")]
    [InlineData("ＦＵＬＬ　ｗｉｄｔｈ", "FULL width")]
    [InlineData("ﬁne №5 ½", "fine No5 1⁄2")]
    [InlineData("cafe\u0301", "café")]
    [InlineData("a\u00a0b…", "a b...")]
    [InlineData("\ud83d\ude00", "\ud83d\ude00")]
    public void Letters_come_into_their_normal_form(string text, string normal) =>
        UseLiteLetters.Instance.Normalize(text).ShouldBe(normal);

    [Fact]
    public void Half_a_letter_is_no_letter() => UseLiteLetters.Instance.Normalize($"{'\ud83d'} alone").ShouldBe("\ufffd alone");

    [Fact]
    public void The_likeliest_pieces_are_taken_and_unknown_letters_in_a_row_are_one()
    {
        var tokenizer = Tokenizer((-1, "▁a"), (-2, "b"), (-2, "c"), (-3, "bc"), (-9, "▁abc"), (-20, "▁"), (-20, "a"));

        tokenizer.Encode("abc").ShouldBe([6, 9]);
        tokenizer.Encode("abcc").ShouldBe([6, 9, 8]);
        tokenizer.Encode("axyb").ShouldBe([6, 0, 7]);
        tokenizer.Encode("").ShouldBeEmpty();
    }

    [Fact]
    public void A_piece_that_is_listed_twice_is_the_last_of_them() =>
        Tokenizer((-1, "▁a"), (-1, "b"), (-5, "▁a"), (-20, "▁"), (-20, "a")).Encode("ab").ShouldBe([8, 7]);

    [Fact]
    public void No_more_tokens_are_given_than_the_model_reads() =>
        Tokenizer((-1, "▁a"), (-20, "▁"), (-20, "a")).Encode(string.Concat(Enumerable.Repeat("a ", 100_000))).Length
            .ShouldBe(UseLiteTokenizer.TokensMax);

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(7)]
    public void A_linear_step_is_the_product_with_its_matrix(int count)
    {
        const int Width = 256, Out = 6;
        var random = new Random(7);
        float[] Numbers(int length) => [.. Enumerable.Range(0, length).Select(_ => (float)random.NextDouble() - 0.5f)];
        var (rows, bias, input) = (Numbers(Width * Out), Numbers(Out), Numbers(Width * count));
        var output = new float[Out * count];

        new UseLiteLinear(rows, bias, Width).Apply(input, output, count);

        for (var piece = 0; piece < count; piece++)
        {
            for (var row = 0; row < Out; row++)
            {
                var sum = Enumerable.Range(0, Width).Sum(i => (double)rows[(row * Width) + i] * input[(piece * Width) + i]);
                output[(piece * Out) + row].ShouldBe((float)(sum + bias[row]), 1e-4f);
            }
        }
    }

    private static UseLiteTokenizer Tokenizer(params (double Score, string Text)[] pieces) => new(
        [.. Enumerable.Repeat(new UseLitePiece(0, "�"), 6), .. pieces.Select(static it => new UseLitePiece(it.Score, it.Text))]);
}
