using CodexOS.Sandbox.Search;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Sandbox.Search;

/// <summary>Patterns for paths, as gitignore(5) describes them.</summary>
public sealed class PathRuleTests
{
    [Theory]
    [InlineData("*.js", "a.js", true)]
    [InlineData("*.js", "src/deep/a.js", true)]
    [InlineData("*.js", "a.jsx", false)]
    [InlineData("/a.js", "a.js", true)]
    [InlineData("/a.js", "src/a.js", false)]
    [InlineData("src/*.js", "src/a.js", true)]
    [InlineData("src/*.js", "src/deep/a.js", false)]
    [InlineData("src/*.js", "other/src/a.js", false)]
    [InlineData("**/foo", "foo", true)]
    [InlineData("**/foo", "a/b/foo", true)]
    [InlineData("**/foo/bar", "a/foo/bar", true)]
    [InlineData("a/**/b", "a/b", true)]
    [InlineData("a/**/b", "a/x/y/b", true)]
    [InlineData("a/**/b", "a/x/y/c", false)]
    [InlineData("a/**", "a/x/y", true)]
    [InlineData("a/**", "a", false)]
    [InlineData("a**b", "axxb", true)]
    [InlineData("a/*/c*d/e", "a/b/cxxd/e", true)]
    [InlineData("a/*/c*d/e", "a/b/x/cd/e", false)]
    [InlineData("**/a/*b/**/c", "x/a/yb/z/a/b/c", true)]
    [InlineData("?.c", "a.c", true)]
    [InlineData("?.c", "ab.c", false)]
    [InlineData("[a-c]x", "bx", true)]
    [InlineData("[!a-c]x", "bx", false)]
    [InlineData("[^a-c]x", "dx", true)]
    [InlineData("[]]x", "]x", true)]
    [InlineData("[[:digit:]]x", "7x", true)]
    [InlineData("[[:nothing:]]x", "7x", false)]
    [InlineData("a[/]b", "a/b", false)]
    [InlineData("\\#a", "#a", true)]
    [InlineData("#a", "#a", false)]
    [InlineData("\\*", "*", true)]
    [InlineData("\\*", "a", false)]
    [InlineData("a\\ ", "a ", true)]
    [InlineData("a  ", "a", true)]
    [InlineData("foo[", "foo[", false)]
    [InlineData("hé*", "héllo", true)]
    public void A_pattern_matches_as_it_does_for_git(string pattern, string path, bool matches) =>
        (PathRule.Parse(pattern)?.Matches(path, NameOf(path), isFolder: false) ?? false).ShouldBe(matches);

    [Fact]
    public void A_pattern_with_a_slash_at_its_end_matches_folders_only()
    {
        var rule = PathRule.Parse("build/")!;
        rule.Matches("a/build", "build", isFolder: true).ShouldBeTrue();
        rule.Matches("a/build", "build", isFolder: false).ShouldBeFalse();
        PathRule.Parse("!build/")!.IsNegated.ShouldBeTrue();
    }

    [Fact]
    public void A_pattern_made_to_take_long_gives_up_soon()
    {
        var rule = PathRule.Parse("/" + string.Concat(Enumerable.Repeat("**/*a*a", 100)))!;
        var path = string.Join('/', Enumerable.Repeat(new string('a', 200), 19)) + "/b";
        rule.Matches(path, "b", isFolder: false).ShouldBeFalse();
    }

    [Theory]
    [InlineData("*.{js,ts}", "a.ts", true)]
    [InlineData("{src,lib}/**/*.{c,h}", "lib/x/a.h", true)]
    [InlineData("{a,{b,c}}.x", "c.x", true)]
    public void Braces_stand_for_alternatives(string pattern, string path, bool included)
    {
        var filter = PathFilter.Make([pattern, "never"], [], []).Value;
        filter.Includes(path, NameOf(path), isFolder: false).ShouldBe(included);
    }

    [Theory]
    [InlineData("[a")]
    [InlineData("!a")]
    [InlineData("{}")]
    [InlineData("{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}")]
    public void A_pattern_that_means_nothing_is_refused_to_whoever_gives_it(string pattern) =>
        PathFilter.Make([pattern], [], []).Fault.Code.ShouldBe("sandbox.bad_glob");

    private static ReadOnlySpan<char> NameOf(string path) => path.AsSpan(path.LastIndexOf('/') + 1);

    [Fact]
    public void Every_kind_of_file_has_patterns_that_can_be_read() =>
        FileTypes.All.Values.SelectMany(static patterns => patterns).ShouldAllBe(pattern => PathRule.Parse(pattern) != null);
}
