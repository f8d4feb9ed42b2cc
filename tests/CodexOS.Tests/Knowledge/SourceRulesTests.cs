using CodexOS.Knowledge.Sources;
using CodexOS.Knowledge.Sources.Places;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Knowledge;

/// <summary>The rules by which sources choose what they fetch and when.</summary>
public sealed class SourceRulesTests
{
    [Theory]
    [InlineData("*.md", "pump.md", true)]
    [InlineData("*.md", "deep/er/pump.md", true)]
    [InlineData("*.md", "pump.md.txt", false)]
    [InlineData("docs/*.md", "docs/pump.md", true)]
    [InlineData("docs/*.md", "docs/deep/pump.md", false)]
    [InlineData("docs/**/*.md", "docs/deep/er/pump.md", true)]
    [InlineData("docs/**/*.md", "docs/pump.md", true)]
    [InlineData("docs/**", "docs/a/b.txt", true)]
    [InlineData("docs/**", "doc/a.txt", false)]
    [InlineData("v?.txt", "v1.txt", true)]
    [InlineData("v?.txt", "v12.txt", false)]
    [InlineData("a.b", "axb", false)]
    public void A_pattern_of_a_file_is_for_its_path_or_its_name(string pattern, string path, bool isTaken)
    {
        Patterns.Of(new SourcePlace(Include: [pattern]), forAddresses: false).Take(path).ShouldBe(isTaken);
        Patterns.Of(new SourcePlace(Exclude: [pattern]), forAddresses: false).Take(path).ShouldBe(!isTaken);
    }

    [Theory]
    [InlineData("/docs/*", "https://a.example/docs/x/y?z=1", true)]
    [InlineData("/docs/*", "https://a.example/other/docs/x", false)]
    [InlineData("https://a.example/*", "https://a.example/x", true)]
    [InlineData("https://a.example/*", "https://b.example/https://a.example/", false)]
    [InlineData("/page?id=*", "https://a.example/page?id=7", true)]
    [InlineData("*.html", "https://a.example/x/y.html", true)]
    public void A_pattern_of_a_page_is_for_its_address_or_what_stands_behind_the_host(string pattern, string address,
        bool isTaken) =>
        Patterns.Of(new SourcePlace(Include: [pattern]), forAddresses: true).Take(new Uri(address)).ShouldBe(isTaken);

    [Theory]
    [InlineData("User-agent: *\nDisallow: /", "/a", false)]
    [InlineData("User-agent: *\nDisallow:", "/a", true)]
    [InlineData("User-agent: other\nDisallow: /", "/a", true)]
    [InlineData("User-agent: *\nDisallow: /\nUser-agent: CodexOS\nDisallow: /b", "/a", true)]
    [InlineData("User-agent: *\nDisallow: /\nUser-agent: codexos\nDisallow: /b", "/b", false)]
    [InlineData("User-agent: x\nUser-agent: *\nDisallow: /a", "/a/b", false)]
    [InlineData("User-agent: *\nDisallow: /a\nAllow: /a/b", "/a/b/c", true)]
    [InlineData("User-agent: *\nAllow: /a\nDisallow: /a", "/a", true)]
    [InlineData("User-agent: *\nDisallow: /*.pdf$", "/x/y.pdf", false)]
    [InlineData("User-agent: *\nDisallow: /*.pdf$", "/x/y.pdf?z", true)]
    [InlineData("User-agent: *\nDisallow: /a*b*c", "/a1b2c3", false)]
    [InlineData("User-agent: *\nDisallow: /$", "/", false)]
    [InlineData("User-agent: *\nDisallow: /$", "/a", true)]
    [InlineData("# nothing\nDisallow: /a", "/a", true)]
    [InlineData("USER-AGENT : *\r\nDISALLOW : /a # all of it\r\n", "/a", false)]
    [InlineData("", "/a", true)]
    public void A_site_is_asked_what_programs_may_fetch(string robots, string path, bool isAllowed) =>
        Robots.Read(robots).Allows(new Uri("https://a.example" + path)).ShouldBe(isAllowed);

    [Fact]
    public void A_schedule_goes_by_its_time_zone_through_the_change_of_the_clocks()
    {
        var schedule = new SourceSchedule(Cron: "30 4 * * *", TimeZone: "Europe/Oslo");

        Schedules.Next(schedule, new DateTimeOffset(2026, 3, 28, 12, 0, 0, TimeSpan.Zero))
            .ShouldBe(new DateTimeOffset(2026, 3, 29, 2, 30, 0, TimeSpan.Zero));
        Schedules.Next(schedule, new DateTimeOffset(2026, 3, 27, 12, 0, 0, TimeSpan.Zero))
            .ShouldBe(new DateTimeOffset(2026, 3, 28, 3, 30, 0, TimeSpan.Zero));
        Schedules.Next(new SourceSchedule(EveryMinutes: 90), new DateTimeOffset(2026, 3, 29, 0, 0, 0, TimeSpan.Zero))
            .ShouldBe(new DateTimeOffset(2026, 3, 29, 1, 30, 0, TimeSpan.Zero));
        Schedules.Next(null, default).ShouldBeNull();
    }

    [Theory]
    [InlineData("0 4 * * *", true)]
    [InlineData("*/5 * * * *", true)]
    [InlineData("*/4 * * * *", false)]
    [InlineData("0,1 4 * * *", false)]
    [InlineData("0 0 30 2 *", false)]
    [InlineData("0 0 4 * * *", false)]
    public void A_schedule_that_is_too_narrow_or_never_comes_is_refused(string cron, bool isGood) =>
        Schedules.Check(new SourceSchedule(Cron: cron), TimeSpan.FromMinutes(5), new DateTimeOffset(2026, 1, 1, 0, 0,
            0, TimeSpan.Zero))
            .IsOk.ShouldBe(isGood);
}
