using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using CodexOS.Platform.Egress;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Http;
using CodexOS.Runs.Contracts;
using CodexOS.Tools.Connections;
using CodexOS.Tools.Contracts;

namespace CodexOS.Tools.OpenApi;

/// <summary>
/// An operation of an HTTP API: (1) the arguments become a request, (2) the guard makes it, to this API's host alone, (3) the
/// answer is read up to its limit and becomes text, with how to go on where it is a page.
/// </summary>
internal sealed class OpenApiTool(
    ToolDefinition definition, ToolContract contract, ToolOverride? own, EgressClientSettings settings) : ITool
{
    private const int IdempotencyKeyLength = 36;

    private static readonly FrozenSet<string> s_shown = FrozenSet.ToFrozenSet(
        ["Content-Type", "ETag", "Last-Modified", "Link", "Location", "Retry-After"], StringComparer.OrdinalIgnoreCase);

    private static readonly JsonSerializerOptions s_indented = new()
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private readonly ApiBinding _binding = ApiBinding.Of(definition);

    public ToolContract Contract => contract;

    public async Task<Result<ToolResult>> InvokeAsync(ToolCall call, CancellationToken cancellationToken)
    {
        // 1.
        if (call.Egress is not { } network) return Explain(EgressFaults.None);
        if (!ApiRequest.Of(_binding, call.Arguments).TryGet(out var request, out var fault)) return Explain(fault);
        using (request)
        {
            request.Headers.TryAddWithoutValidation("Accept", "application/json, text/*;q=0.5, */*;q=0.1");
            request.Headers.TryAddWithoutValidation("User-Agent", "CodexOS");
            // The same for a call and its repetition, and for no other.
            if (own?.IdempotencyHeader is { } header && contract.Repeat is RepeatClass.Keyed)
                request.Headers.TryAddWithoutValidation(header, KeyOf(call));

            // 2.
            if (!(await network.SendAsync(request, settings, cancellationToken)).TryGet(out var response, out fault))
                return Explain(fault);
            using (response)
            {
                // 3.
                try
                {
                    return Show(response, await response.Content.ReadAsByteArrayAsync(cancellationToken));
                }
                catch (HttpRequestException error) when (EgressFaults.Of(error) is { } broken)
                {
                    return Explain(broken);
                }
            }
        }
    }

    private static string KeyOf(ToolCall call) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(call.Key)))[..IdempotencyKeyLength];

    private ToolResult Show(HttpResponseMessage response, byte[] body)
    {
        var status = (int)response.StatusCode;
        var media = response.Content.Headers.ContentType?.MediaType?.ToLowerInvariant() ?? "";
        var text = new StringBuilder($"[{_binding.Method} {_binding.Path}: {status} {PlainText.Line(response.ReasonPhrase ?? "", 60)}]\n");
        JsonElement answer = default;
        if (body.Length > 0)
        {
            if (TextOf(body) is not { } plain)
            {
                text.Append($"[{body.Length} bytes of the kind {PlainText.Line(media.Length == 0 ? "unknown" : media, 60)}, which are left out]");
            }
            else
            {
                answer = ParsedOf(plain, media);
                text.Append(answer.ValueKind is JsonValueKind.Undefined ? plain : JsonSerializer.Serialize(answer, s_indented));
            }
        }

        if (status is >= 300 and < 400) text.Append("\n[It leads elsewhere, and is not followed.]");
        if (ApiPaging.Hint(_binding, response.Headers, answer) is { } more) text.Append('\n').Append(more);
        var headers = response.Headers.NonValidated.Concat(response.Content.Headers.NonValidated)
            .Where(static header => s_shown.Contains(header.Key))
            .DistinctBy(static header => header.Key, StringComparer.OrdinalIgnoreCase)
            .ToDictionary(static header => header.Key.ToLowerInvariant(), static header => string.Join(", ", header.Value));
        return new ToolResult(
            text.ToString(), status >= 300,
            JsonSerializer.SerializeToElement(
                new Data(status, headers, answer.ValueKind is JsonValueKind.Undefined ? null : answer), Json.Options));
    }

    private static string? TextOf(byte[] body)
    {
        try
        {
            var text = new UTF8Encoding(false, true).GetString(body);
            return text.Contains('\0', StringComparison.Ordinal) ? null : text.TrimStart('\uFEFF');
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    private static JsonElement ParsedOf(string text, string media)
    {
        if (!media.EndsWith("json", StringComparison.Ordinal)) return default;
        try
        {
            return JsonElement.Parse(text);
        }
        catch (JsonException)
        {
            return default; // It says that it is JSON and is not; the reader sees what there is.
        }
    }

    /// <summary>What the guard refuses, or the host does, is something that the model can learn from.</summary>
    private ToolResult Explain(Fault fault)
    {
        var isUnknown = contract.Effect is not EffectClass.Read && fault.Kind is FaultKind.Upstream or FaultKind.Timeout;
        return new ToolResult(
            isUnknown ? $"{fault.Message} Whether the request arrived is not known; look before trying again." : fault.Message,
            IsError: true,
            JsonSerializer.SerializeToElement(new { fault.Code }, Json.Options));
    }

    private sealed record Data(int Status, IReadOnlyDictionary<string, string> Headers, JsonElement? Body);
}
