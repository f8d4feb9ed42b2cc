using CodexOS.Platform.Faults;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace CodexOS.Sandbox.Workspaces;

/// <summary>Takes the body of a request as it is, up to a limit.</summary>
internal static class RequestBody
{
    /// <summary>The body, or the fault that says that it is too large; one that says so itself is not even read.</summary>
    public static async Task<Result<byte[]>> ReadAsync(
        HttpContext context, int bytesMax, Fault tooLarge, CancellationToken cancellationToken)
    {
        if (context.Request.ContentLength > bytesMax) return tooLarge;
        var limit = context.Features.Get<IHttpMaxRequestBodySizeFeature>();
        if (limit is { IsReadOnly: false }) limit.MaxRequestBodySize = bytesMax;
        try
        {
            using var content = new MemoryStream();
            await context.Request.Body.CopyToAsync(content, cancellationToken);
            return content.ToArray();
        }
        catch (BadHttpRequestException error) when (error.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            return tooLarge;
        }
    }
}
