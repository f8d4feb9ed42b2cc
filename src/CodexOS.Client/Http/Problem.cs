using System.Net;
using System.Text.Json;
using CodexOS.Client.Contracts;

namespace CodexOS.Client.Http;

/// <summary>
/// Reads problem details (RFC 9457) and the refusals of OAuth (RFC 6749, section 5.2), or makes the best of an answer that is
/// neither.
/// </summary>
internal static class Problem
{
    private const int SizeMax = 1024 * 1024;

    public static async Task<CodexOSException> ReadAsync(
        HttpResponseMessage response, TimeProvider clock, CancellationToken cancellationToken)
    {
        var status = (int)response.StatusCode;
        var retryAfter = response.Headers.RetryAfter is { } header
            ? header.Delta ?? header.Date - clock.GetUtcNow()
            : null;
        var members = await MembersAsync(response, cancellationToken);
        if (members is not { } root)
        {
            return new CodexOSException(
                CodeOf(response.StatusCode),
                FaultKinds.OfStatus(status),
                $"{response.RequestMessage?.RequestUri?.GetLeftPart(UriPartial.Path)} answered {status} "
                    + $"{response.ReasonPhrase} without an explanation. Is this the address of a CodexOS server?")
            {
                Status = status,
                RetryAfter = retryAfter,
            };
        }

        return new CodexOSException(
            Text(root, "code") ?? (Text(root, "error") is { } error ? $"oauth.{error}" : CodeOf(response.StatusCode)),
            FaultKinds.OfStatus(status),
            Text(root, "detail") ?? Text(root, "error_description") ?? Text(root, "title") ?? $"The server answered {status}.")
        {
            Status = status,
            TraceId = Text(root, "traceId"),
            Errors = ErrorsOf(root),
            Line = Number(root, "line"),
            Column = Number(root, "column"),
            RetryAfter = retryAfter,
        };
    }

    private static string CodeOf(HttpStatusCode status) => $"client.http_{(int)status}";

    private static async Task<JsonElement?> MembersAsync(
        HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (response.Content.Headers.ContentType?.MediaType is not ("application/problem+json" or "application/json"))
            return null;
        try
        {
            await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
            await using var limited = new LimitedStream(stream, SizeMax);
            using var document = await JsonDocument.ParseAsync(limited, default, cancellationToken);
            return document.RootElement.ValueKind == JsonValueKind.Object ? document.RootElement.Clone() : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string? Text(JsonElement root, string name) =>
        root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static int? Number(JsonElement root, string name) =>
        root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number
        && value.TryGetInt32(out var number)
            ? number
            : null;

    private static Dictionary<string, IReadOnlyList<string>> ErrorsOf(JsonElement root)
    {
        var errors = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        if (!root.TryGetProperty("errors", out var members) || members.ValueKind != JsonValueKind.Object) return errors;
        foreach (var member in members.EnumerateObject())
        {
            if (member.Value.ValueKind != JsonValueKind.Array) continue;
            errors[member.Name] = [.. member.Value.EnumerateArray().Select(message => message.ToString())];
        }

        return errors;
    }
}
