using System.Text;
using CodexOS.Testing.Servers;
using Microsoft.AspNetCore.Http;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Knowledge;

/// <summary>Buckets as sources, against a small server of the S3 protocol.</summary>
public sealed class S3SourceTests
{
    private const string AccessKey = "AKIAEXAMPLE";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_bucket_is_listed_in_pages_and_only_changed_objects_are_fetched()
    {
        var objects = new SortedDictionary<string, (string Text, string Tag)>(StringComparer.Ordinal)
        {
            ["docs/a.txt"] = ("The gate closes at noon.", "\"a1\""),
            ["docs/b c.md"] = ("# Pump\n\nThe relief valve opens at 12 bar.", "\"b1\""),
            ["docs/d.html"] = ("<title>Hours</title><p>Open on Sundays.</p>", "\"d1\""),
            ["docs/folder/"] = ("", "\"f\""),
            ["docs/skip.log"] = ("Nothing.", "\"l\""),
            ["other/x.txt"] = ("Nothing of this.", "\"x\""),
        };
        await using var site = await SourceSite.StartAsync();
        site.Handler = context => AnswerAsync(context, objects);
        await using var server = await CodexServer.StartAsync(
            settings:
            [
                .. SourceSite.Settings, "Egress:Secrets:bucket:Value=its-secret-key", "Egress:Secrets:bucket:Hosts:0=localhost",
                "Egress:Secrets:bucket:AllowPlainHttp=true", "Egress:Secrets:elsewhere:Value=x",
                "Egress:Secrets:elsewhere:Hosts:0=s3.example",
            ],
            cancellationToken: Token);
        using var ada = await server.SignInAsync(Token);
        await ada.MakeBaseAsync("handbook");
        await ada.AddSourceAsync("handbook", "store", Place("bucket"));

        var first = await ada.SyncAsync("handbook", "store");
        first.Counts().ShouldBe(("completed", 3, 0, 0, 0, 0), first.ToString());
        (await ada.NamesAsync("handbook")).ShouldBe(["store/docs/a.txt", "store/docs/b c.md", "store/docs/d.html"]);
        (await ada.SearchAsync("handbook", "relief valve"))[0].Text("document").ShouldBe("store/docs/b c.md");
        site.Seen.ShouldAllBe(static one =>
            one.Authorization!.StartsWith($"AWS4-HMAC-SHA256 Credential={AccessKey}/", StringComparison.Ordinal)
            && one.Authorization.Contains("/eu-north-1/s3/aws4_request", StringComparison.Ordinal)
            && one.Authorization.Contains("Signature=", StringComparison.Ordinal));
        site.Seen.ShouldAllBe(static one => !one.Authorization!.Contains("its-secret-key", StringComparison.Ordinal));
        site.Seen.Count(static one => one.Path.TrimEnd('/') == "/papers").ShouldBeGreaterThan(1);

        site.Seen.Clear();
        objects["docs/a.txt"] = ("The gate closes at one.", "\"a2\"");
        objects.Remove("docs/d.html");
        (await ada.SyncAsync("handbook", "store")).Counts().ShouldBe(("completed", 0, 1, 1, 1, 0));
        site.Seen.Where(static one => one.Path.TrimEnd('/') != "/papers").ShouldHaveSingleItem().Path.ShouldBe("/papers/docs/a.txt");

        // A secret of another store signs nothing for this one.
        await ada.AddSourceAsync("handbook", "wrong", Place("elsewhere"));
        var refused = await ada.SyncAsync("handbook", "wrong");
        (refused.Text("outcome"), refused.Text("faultCode")).ShouldBe(("failed", "egress.secret_unavailable"));
        site.Handler = static context =>
        {
            context.Response.StatusCode = 403;
            return XmlAsync(context, "<Error><Code>AccessDenied</Code><Message>No.</Message></Error>");
        };
        var denied = await ada.SyncAsync("handbook", "store");
        (denied.Text("outcome"), denied.Text("faultCode")).ShouldBe(("failed", "knowledge.s3_refused"));
        denied.Text("faultMessage").ShouldContain("AccessDenied");
        (await ada.NamesAsync("handbook")).Count.ShouldBe(2);

        object Place(string secret) => new
        {
            s3 = new { endpoint = site.Url, bucket = "papers", prefix = "docs/", region = "eu-north-1", accessKey = AccessKey, secret },
            exclude = new[] { "*.log" },
        };
    }

    private static async Task<bool> AnswerAsync(HttpContext context, SortedDictionary<string, (string Text, string Tag)> objects)
    {
        const int pageCount = 2;
        var (request, response) = (context.Request, context.Response);
        if (request.Path.Value!.TrimEnd('/') == "/papers" && request.Query["list-type"] == "2")
        {
            var after = request.Query["continuation-token"].ToString();
            var found = objects.Where(one => one.Key.StartsWith(request.Query["prefix"].ToString(), StringComparison.Ordinal)
                && string.CompareOrdinal(one.Key, after) > 0).ToList();
            var page = found.Take(pageCount).ToList();
            var isMore = found.Count > pageCount;
            var xml = new StringBuilder("<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>papers</Name>");
            xml.Append($"<KeyCount>{page.Count}</KeyCount><MaxKeys>{pageCount}</MaxKeys><IsTruncated>{(isMore ? "true" : "false")}</IsTruncated>");
            if (isMore) xml.Append($"<NextContinuationToken>{page[^1].Key}</NextContinuationToken>");
            foreach (var (key, content) in page)
            {
                xml.Append($"<Contents><Key>{key}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified>");
                xml.Append($"<ETag>{content.Tag.Replace("\"", "&quot;", StringComparison.Ordinal)}</ETag>");
                xml.Append($"<Size>{Encoding.UTF8.GetByteCount(content.Text)}</Size><StorageClass>STANDARD</StorageClass></Contents>");
            }

            return await XmlAsync(context, xml.Append("</ListBucketResult>").ToString());
        }

        if (!objects.TryGetValue(request.Path.Value!["/papers/".Length..], out var wanted))
        {
            response.StatusCode = 404;
            return await XmlAsync(context, "<Error><Code>NoSuchKey</Code></Error>");
        }

        response.Headers.ETag = wanted.Tag;
        response.ContentType = "application/octet-stream";
        response.Headers.LastModified = "Thu, 01 Jan 2026 00:00:00 GMT";
        await response.WriteAsync(wanted.Text, Token);
        return true;
    }

    private static async Task<bool> XmlAsync(HttpContext context, string xml)
    {
        context.Response.ContentType = "application/xml";
        await context.Response.WriteAsync("<?xml version=\"1.0\" encoding=\"UTF-8\"?>" + xml, Token);
        return true;
    }
}
