using System.Text.Json;
using CodexOS.Platform.Faults;
using CodexOS.Tools.Connections;

namespace CodexOS.Tools.OpenApi;

/// <summary>Chooses where an API is: what the connection says, else the document's first server.</summary>
internal static class ApiServers
{
    private const int VariablesMax = 20;

    /// <summary>The one address that all operations stand under, without a slash at its end.</summary>
    public static Result<Uri> Choose(JsonElement document, OpenApiSettings settings, ConnectionOptions limits)
    {
        var text = settings.Server;
        if (text is null)
        {
            if (document.TryGetProperty("servers", out var servers) && servers.ValueKind is JsonValueKind.Array
                && servers.GetArrayLength() > 0)
            {
                if (AddressOf(servers[0]) is not { } first) return ApiText.Bad("its first server has no address that can be read");
                text = first;
            }
            else
            {
                text = "/";
            }
        }

        if (!text.Contains("://", StringComparison.Ordinal))
        {
            // Relative to where the document is from.
            if (settings.Url is not { } from || !Uri.TryCreate(from, UriKind.Absolute, out var origin)
                || !Uri.TryCreate(origin, text, out var whole))
                return ApiText.Bad("it does not say where the API is. Name the address as 'server'");
            text = whole.AbsoluteUri;
        }

        if (!ConnectionAddress.Read(text, limits).TryGet(out var address, out var fault)) return fault;
        if (address.Query.Length > 0) return ApiText.Bad("the address of its server has a query");
        return address;
    }

    private static string? AddressOf(JsonElement server)
    {
        if (server.ValueKind is not JsonValueKind.Object || !server.TryGetProperty("url", out var url)
            || url.ValueKind is not JsonValueKind.String) return null;
        var text = url.GetString()!;
        if (!server.TryGetProperty("variables", out var variables) || variables.ValueKind is not JsonValueKind.Object)
            return text.Contains('{', StringComparison.Ordinal) ? null : text;
        foreach (var variable in variables.EnumerateObject().Take(VariablesMax))
        {
            if (variable.Value.ValueKind is JsonValueKind.Object && variable.Value.TryGetProperty("default", out var value)
                && value.ValueKind is JsonValueKind.String)
            {
                text = text.Replace($"{{{variable.Name}}}", value.GetString()!, StringComparison.Ordinal);
            }
        }

        return text.Contains('{', StringComparison.Ordinal) ? null : text;
    }
}
