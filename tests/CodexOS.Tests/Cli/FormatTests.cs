using CodexOS.Cli.Screens;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Cli;

public sealed class FormatTests
{
    [Theory]
    [InlineData(0, "0 ms")]
    [InlineData(999, "999 ms")]
    [InlineData(1300, "1.3 s")]
    [InlineData(42_000, "42 s")]
    [InlineData(125_000, "2 min 05 s")]
    [InlineData(7_500_000, "2 h 05 min")]
    public void Durations_are_short(long ms, string text) =>
        Format.Duration(TimeSpan.FromMilliseconds(ms)).ShouldBe(text);

    [Theory]
    [InlineData(0, "$0")]
    [InlineData(12, "$0.000012")]
    [InlineData(12_300, "$0.01")]
    [InlineData(1_500_000, "$1.50")]
    public void Money_keeps_small_amounts_visible(long microUsd, string text) => Format.Money(microUsd).ShouldBe(text);

    [Fact]
    public void Ids_are_cut_to_where_they_differ()
    {
        string[] ids = ["run_0198c0ffee127000aaaa000000000000", "run_0198c0ffee127000bbbb000000000000"];

        var digits = Format.ShortIdDigitsFor(ids);

        ids.Select(id => Format.ShortId(id, digits)).Distinct().Count().ShouldBe(2);
        Format.ShortId(ids[0]).ShouldBe("run_0198c0ffee12");
    }

    [Theory]
    [InlineData("short", 10, "short")]
    [InlineData("exactly10!", 10, "exactly10!")]
    [InlineData("longer than ten", 10, "longer th…")]
    [InlineData("日本語テキスト", 7, "日本語…")]
    [InlineData("abc", 1, "…")]
    [InlineData("abc", 0, "")]
    public void Text_is_cut_by_the_cells_it_takes(string text, int cells, string fitted) =>
        Screen.Fit(text, cells).ShouldBe(fitted);
}
