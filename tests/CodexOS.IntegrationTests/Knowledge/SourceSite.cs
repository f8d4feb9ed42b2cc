using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace CodexOS.IntegrationTests.Knowledge;

/// <summary>A web server of the test, whose pages a test changes while it runs.</summary>
internal sealed class SourceSite : IAsyncDisposable
{
    private readonly WebApplication _app;

    private SourceSite(WebApplication app) => _app = app;

    public ConcurrentDictionary<string, SitePage> Pages { get; } = new(StringComparer.Ordinal);

    /// <summary>What was asked for, and how it was answered.</summary>
    public ConcurrentQueue<(string Path, int Status, string? Authorization)> Seen { get; } = new();

    /// <summary>Answers in place of the pages, if it is set and says that it did.</summary>
    public Func<HttpContext, Task<bool>>? Handler { get; set; }

    public string Url { get; private set; } = "";

    /// <summary>That its network may be reached.</summary>
    public static string[] Settings { get; } =
    [
        "Egress:AllowedNetworks:0=127.0.0.0/8", "Egress:AllowedNetworks:1=::1/128", "Knowledge:SourcePause=00:00:00",
    ];

    public static async Task<SourceSite> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(static kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        var site = new SourceSite(app);
        app.Run(site.AnswerAsync);
        await app.StartAsync();
        site.Url = $"http://localhost:{new Uri(app.Urls.Single()).Port}";
        return site;
    }

    public void Put(string path, string text, string type = "text/html; charset=utf-8", string? tag = null) =>
        Pages[path] = new SitePage(Encoding.UTF8.GetBytes(text), type, tag);

    public int CountOf(string path, int status) => Seen.Count(one => one.Path == path && one.Status == status);

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        var (request, response) = (context.Request, context.Response);
        if (Handler is null || !await Handler(context))
        {
            if (!Pages.TryGetValue(request.Path + request.QueryString, out var page)) response.StatusCode = 404;
            else await AnswerAsync(request, response, page);
        }

        Seen.Enqueue((request.Path, response.StatusCode, request.Headers.Authorization.FirstOrDefault()));
    }

    private static async Task AnswerAsync(HttpRequest request, HttpResponse response, SitePage page)
    {
        response.StatusCode = page.Status;
        if (page.Location is not null) response.Headers.Location = page.Location;
        if (page.Tag is not null) response.Headers.ETag = page.Tag;
        if (page.Tag is not null && request.Headers.IfNoneMatch == page.Tag)
        {
            response.StatusCode = 304;
            return;
        }

        response.ContentType = page.Type;
        await response.Body.WriteAsync(page.Body);
    }
}

/// <summary>A page.</summary>
internal sealed record SitePage(byte[] Body, string Type, string? Tag)
{
    public int Status { get; init; } = 200;

    public string? Location { get; init; }
}
