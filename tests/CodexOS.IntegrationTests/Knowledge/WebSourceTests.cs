using System.IO.Compression;
using System.Text;
using CodexOS.Testing.Servers;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Knowledge;

/// <summary>Sources on the web: single pages and sitemaps, against a real web server.</summary>
public sealed class WebSourceTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Pages_are_fetched_again_only_if_they_changed_and_what_fails_fails_by_itself()
    {
        await using var site = await SourceSite.StartAsync();
        await using var server = await CodexServer.StartAsync(settings: SourceSite.Settings, cancellationToken: Token);
        using var ada = await server.SignInAsync(Token);
        await ada.MakeBaseAsync("handbook");
        site.Put("/hours", "<html><head><title>Opening hours</title></head><body><p>Open on Sundays.</p></body></html>", tag: "\"v1\"");
        site.Pages["/old"] = new SitePage([], "text/html", null) { Status = 301, Location = "/new?x=1" };
        site.Put("/new?x=1", "<p>The ladder is in the shed.</p>");
        site.Pages["/latin"] = new SitePage(
            Encoding.Latin1.GetBytes("<p>Das Ventil \u00f6ffnet.</p>"), "text/html; charset=iso-8859-1", null);
        site.Pages["/away"] = new SitePage([], "text/html", null) { Status = 302, Location = "http://elsewhere.example/metadata" };
        site.Pages["/broken"] = new SitePage([], "text/html", null) { Status = 503 };
        site.Put("/private/page", "<p>Not for programs.</p>");
        site.Put("/robots.txt", "User-agent: *\nDisallow: /private/\n", "text/plain");
        await ada.AddSourceAsync("handbook", "pages", new
        {
            web = new
            {
                pages = new[] { "/hours", "/old", "/latin", "/away", "/broken", "/missing", "/private/page" }
                    .Select(path => site.Url + path),
            },
        });

        var first = await ada.SyncAsync("handbook", "pages");

        first.Counts().ShouldBe(("completed", 3, 0, 0, 0, 4), first.ToString());
        first.GetProperty("failures").EnumerateArray().ToDictionary(
            one => one.Text("item")[site.Url.Length..], static one => one.Text("code")).ShouldBe(
            new Dictionary<string, string>
            {
                ["/away"] = "egress.not_listed",
                ["/broken"] = "knowledge.source_status",
                ["/missing"] = "knowledge.source_gone",
                ["/private/page"] = "knowledge.source_robots",
            },
            ignoreOrder: true);
        site.CountOf("/private/page", 200).ShouldBe(0);
        var documents = (await ada.DocumentsAsync("handbook")).ToDictionary(static one => one.Text("name"));
        documents[site.Url + "/hours"].Text("title").ShouldBe("Opening hours");
        documents[site.Url + "/old"].GetProperty("metadata").Text("url").ShouldBe(site.Url + "/new?x=1");
        documents[site.Url + "/old"].GetProperty("metadata").Text("source").ShouldBe("pages");
        (await ada.SearchAsync("handbook", "Ventil"))[0].Text("text").ShouldContain("\u00f6ffnet");

        (await ada.SyncAsync("handbook", "pages")).Counts().ShouldBe(("completed", 0, 0, 3, 0, 4));
        site.CountOf("/hours", 304).ShouldBe(1);
        site.Put("/hours", "<title>Opening hours</title><p>Closed on Sundays.</p>", tag: "\"v2\"");
        site.Pages.TryRemove("/latin", out _);
        (await ada.SyncAsync("handbook", "pages")).Counts().ShouldBe(("completed", 0, 1, 1, 1, 4));
        (await ada.SearchAsync("handbook", "Sundays"))[0].Text("text").ShouldContain("Closed");
        (await ada.NamesAsync("handbook")).ShouldNotContain(site.Url + "/latin");
    }

    [Fact]
    public async Task A_sitemap_is_followed_through_its_index_and_its_gzip_and_what_it_lists_no_more_is_removed()
    {
        await using var site = await SourceSite.StartAsync();
        await using var server = await CodexServer.StartAsync(settings: SourceSite.Settings, cancellationToken: Token);
        using var ada = await server.SignInAsync(Token);
        await ada.MakeBaseAsync("handbook");
        site.Put("/robots.txt", "User-agent: other\nDisallow: /\n\nUser-agent: CodexOS\nDisallow: /drafts/*\nAllow: /drafts/good\n", "text/plain");
        site.Put("/sitemap.xml", Index(site, "/one.xml", "/two.xml.gz"), "application/xml");
        site.Put("/one.xml", Urls(site, "/a", "/drafts/bad", "/drafts/good", "/skipped/x"), "application/xml");
        site.Pages["/two.xml.gz"] = new SitePage(Packed(Urls(site, "/b", "/c", "/a")), "application/gzip", null);
        foreach (var path in new[] { "/a", "/b", "/c", "/drafts/bad", "/drafts/good", "/skipped/x" })
            site.Put(path, $"<p>This is the page machine{path.Replace("/", "", StringComparison.Ordinal)}x.</p>", tag: $"\"{path}\"");
        await ada.AddSourceAsync(
            "handbook", "site", new { sitemap = new { url = site.Url + "/sitemap.xml" }, exclude = new[] { "/skipped/*" } });

        (await ada.SyncAsync("handbook", "site")).Counts().ShouldBe(("completed", 4, 0, 0, 0, 0));
        (await ada.NamesAsync("handbook")).ShouldBe(
            new[] { "/a", "/b", "/c", "/drafts/good" }.Select(path => site.Url + path));

        // A part that cannot be read is not a part that is empty.
        site.Pages["/one.xml"] = new SitePage([], "text/xml", null) { Status = 500 };
        var cut = await ada.SyncAsync("handbook", "site");
        cut.Counts().ShouldBe(("incomplete", 0, 0, 3, 0, 0));
        cut.GetProperty("failures")[0].Text("code").ShouldBe("knowledge.source_status");
        (await ada.NamesAsync("handbook")).Count.ShouldBe(4);
        site.Put("/one.xml", Urls(site, "/a"), "application/xml");
        (await ada.SyncAsync("handbook", "site")).Counts().ShouldBe(("completed", 0, 0, 3, 1, 0));

        site.Put("/sitemap.xml", "<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><urlset><url><loc>&e;</loc></url></urlset>", "application/xml");
        var hostile = await ada.SyncAsync("handbook", "site");
        (hostile.Text("outcome"), hostile.Text("faultCode")).ShouldBe(("failed", "knowledge.bad_sitemap"));
        (await ada.NamesAsync("handbook")).Count.ShouldBe(3);
    }

    [Fact]
    public async Task Private_addresses_are_refused_unless_the_operator_allows_their_network()
    {
        await using var site = await SourceSite.StartAsync();
        site.Put("/a", "<p>Inside.</p>");
        await using var server = await CodexServer.StartAsync(cancellationToken: Token);
        using var ada = await server.SignInAsync(Token);
        await ada.MakeBaseAsync("handbook");
        await ada.AddSourceAsync("handbook", "inside", new { web = new { pages = new[] { site.Url + "/a" } } });

        var result = await ada.SyncAsync("handbook", "inside");

        result.Counts().ShouldBe(("completed", 0, 0, 0, 0, 1));
        site.Seen.ShouldBeEmpty();
        (await ada.DocumentsAsync("handbook")).ShouldBeEmpty();
    }

    [Fact]
    public async Task Limits_of_entries_and_bytes_cut_a_sync_and_remove_nothing()
    {
        await using var site = await SourceSite.StartAsync();
        await using var server = await CodexServer.StartAsync(
            settings: [.. SourceSite.Settings, "Knowledge:SourceEntriesMax=2"], cancellationToken: Token);
        using var ada = await server.SignInAsync(Token);
        await ada.MakeBaseAsync("handbook");
        foreach (var path in new[] { "/a", "/b", "/c" }) site.Put(path, $"<p>Page {path}.</p>");
        site.Put("/sitemap.xml", Urls(site, "/a", "/b", "/c"), "application/xml");
        await ada.AddSourceAsync("handbook", "site", new { sitemap = new { url = site.Url + "/sitemap.xml" } });

        var cut = await ada.SyncAsync("handbook", "site");

        cut.Counts().ShouldBe(("incomplete", 2, 0, 0, 0, 0));
        cut.GetProperty("failures")[0].Text("code").ShouldBe("knowledge.sync_too_many");
    }

    private static string Index(SourceSite site, params string[] paths) =>
        $"<sitemapindex xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>{string.Concat(paths.Select(path => $"<sitemap><loc>{site.Url}{path}</loc></sitemap>"))}</sitemapindex>";

    private static string Urls(SourceSite site, params string[] paths) =>
        $"<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>{string.Concat(paths.Select(path => $"<url><loc>{site.Url}{path}</loc><lastmod>2026-01-01</lastmod></url>"))}</urlset>";

    private static byte[] Packed(string text)
    {
        using var bytes = new MemoryStream();
        using (var gzip = new GZipStream(bytes, CompressionLevel.Fastest)) gzip.Write(Encoding.UTF8.GetBytes(text));
        return bytes.ToArray();
    }
}
