using CodexOS.Platform.Faults;
using CodexOS.Platform.Http;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace CodexOS.Web;

/// <summary>Answers what no endpoint answers with the files of the web UI.</summary>
internal sealed class WebUi(RequestDelegate next, WebFiles files)
{
    private static readonly PathString[] s_programs = ["/api", "/health", "/openapi", "/metrics"];

    public Task InvokeAsync(HttpContext context)
    {
        var request = context.Request;
        var isRead = HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method);
        if (context.GetEndpoint() is not null || !isRead
            || Array.Exists(s_programs, path => request.Path.StartsWithSegments(path, StringComparison.Ordinal)))
        {
            return next(context);
        }

        if (!files.Exist)
        {
            return Problems.WriteAsync(context, new Fault(
                "web.not_built",
                FaultKind.Unavailable,
                "The server runs, but its web pages have not been built. Run ./run build in the repository, then ./run up."));
        }

        if (files.Find(request.Path.Value ?? "/") is { } file) return SendAsync(context, file);
        if (files.NotFoundPage is not { } lost || !TakesPages(request)) return next(context);
        context.Response.StatusCode = StatusCodes.Status404NotFound;
        return SendAsync(context, lost);
    }

    private static Task SendAsync(HttpContext context, WebFile file)
    {
        var (request, response) = (context.Request, context.Response);
        var (body, encoding, etag) = file.For(Takes(request, "br"), Takes(request, "gzip"));
        response.Headers.CacheControl = file.CacheControl;
        response.Headers.ETag = etag;
        response.Headers.Vary = HeaderNames.AcceptEncoding;
        if (file.ContentSecurityPolicy is { } policy) response.Headers.ContentSecurityPolicy = policy;
        if (response.StatusCode == StatusCodes.Status200OK && Has(request.Headers.IfNoneMatch, etag))
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return Task.CompletedTask;
        }

        response.ContentType = file.Type;
        response.ContentLength = body.Length;
        if (encoding is not null) response.Headers.ContentEncoding = encoding;
        return HttpMethods.IsHead(request.Method)
            ? Task.CompletedTask
            : response.Body.WriteAsync(body, context.RequestAborted).AsTask();
    }

    private static bool Takes(HttpRequest request, string encoding) =>
        StringWithQualityHeaderValue.TryParseList(request.Headers.AcceptEncoding, out var accepted)
        && accepted.Any(given => given.Quality is not 0
            && (given.Value == "*" || given.Value.Equals(encoding, StringComparison.OrdinalIgnoreCase)));

    private static bool TakesPages(HttpRequest request) =>
        request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase);

    private static bool Has(StringValues ifNoneMatch, string etag) =>
        EntityTagHeaderValue.TryParseList(ifNoneMatch, out var tags)
        && tags.Any(tag => tag.Tag == "*" || tag.Tag == etag);
}
