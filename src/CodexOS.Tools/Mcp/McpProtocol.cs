using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace CodexOS.Tools.Mcp;

/// <summary>
/// The words of the Model Context Protocol. Revision 2026-07-28 tells version and capabilities with each request; the
/// revisions before it begin with a handshake. Both are spoken here.
/// </summary>
internal static class McpProtocol
{
    public const string Modern = "2026-07-28";
    public const string Elicitation = "elicitation/create";
    public const string UnsupportedVersionData = "supported";
    public const int UnsupportedVersion = -32022;
    public const int MethodNotFound = -32601;
    public const int Refused = -32000;

    /// <summary>The revisions with a handshake, newest first.</summary>
    public static ImmutableArray<string> Legacy { get; } = ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"];

    /// <summary>Codes that only servers of the present revision use.</summary>
    public static bool IsModernCode(int code) => code is <= -32020 and >= -32099;

    /// <summary>A message, as it is sent.</summary>
    public static byte[] Write(JsonObject message) => Encoding.UTF8.GetBytes(message.ToJsonString());

    /// <summary>A request, as it is sent.</summary>
    public static JsonObject Message(McpRequest request) => new()
    {
        ["jsonrpc"] = "2.0",
        ["id"] = request.Id,
        ["method"] = request.Method,
        ["params"] = request.Parameters.DeepClone(),
    };

    /// <summary>A notification, as it is sent.</summary>
    public static JsonObject Notification(string method, JsonObject? parameters = null)
    {
        var message = new JsonObject { ["jsonrpc"] = "2.0", ["method"] = method };
        if (parameters is not null) message["params"] = parameters;
        return message;
    }

    /// <summary>A message that was received, or null if it is none.</summary>
    public static McpIncoming? Read(JsonElement message)
    {
        if (message.ValueKind is not JsonValueKind.Object) return null;
        var id = message.TryGetProperty("id", out var given) && given.ValueKind is JsonValueKind.Number or JsonValueKind.String
            ? given
            : default;
        if (message.TryGetProperty("method", out var method) && method.ValueKind is JsonValueKind.String)
        {
            var parameters = message.TryGetProperty("params", out var with) ? with : default;
            return id.ValueKind is JsonValueKind.Undefined
                ? new McpIncoming.Notification(method.GetString()!, parameters)
                : new McpIncoming.Request(id, method.GetString()!, parameters);
        }

        if (message.TryGetProperty("error", out var error) && error.ValueKind is JsonValueKind.Object)
        {
            var code = error.TryGetProperty("code", out var number) && number.TryGetInt32(out var whole) ? whole : 0;
            var text = error.TryGetProperty("message", out var says) && says.ValueKind is JsonValueKind.String ? says.GetString()! : "";
            return new McpIncoming.Response(
                id, new McpAnswer.Error(code, text, error.TryGetProperty("data", out var data) ? data : default));
        }

        return message.TryGetProperty("result", out var result) && result.ValueKind is JsonValueKind.Object
            && id.ValueKind is not JsonValueKind.Undefined
                ? new McpIncoming.Response(id, new McpAnswer.Ok(result))
                : null;
    }
}

/// <summary>A request to a server.</summary>
/// <param name="Id">Its number, used once in a session.</param>
/// <param name="Method">What is asked.</param>
/// <param name="Parameters">With what.</param>
internal sealed record McpRequest(long Id, string Method, JsonObject Parameters)
{
    /// <summary>The tool, prompt or resource that it is about.</summary>
    public string? Name { get; init; }

    /// <summary>Arguments that are repeated in headers, where the transport has headers.</summary>
    public ImmutableArray<KeyValuePair<string, string>> Headers { get; init; } = [];
}

/// <summary>What a server answers.</summary>
internal abstract record McpAnswer
{
    private McpAnswer()
    {
    }

    /// <summary>What was asked for.</summary>
    internal sealed record Ok(JsonElement Result) : McpAnswer;

    /// <summary>Why not.</summary>
    internal sealed record Error(int Code, string Message, JsonElement Data) : McpAnswer;
}

/// <summary>A message of a server.</summary>
internal abstract record McpIncoming
{
    private McpIncoming()
    {
    }

    internal sealed record Response(JsonElement Id, McpAnswer Answer) : McpIncoming
    {
        /// <summary>Whether it answers a request; an error without a number can only mean the one that is under way.</summary>
        public bool IsFor(long id) => Id.ValueKind is JsonValueKind.Number
            ? Id.TryGetInt64(out var number) && number == id
            : Id.ValueKind is JsonValueKind.Undefined && Answer is McpAnswer.Error;
    }

    internal sealed record Request(JsonElement Id, string Method, JsonElement Parameters) : McpIncoming;

    internal sealed record Notification(string Method, JsonElement Parameters) : McpIncoming;
}

/// <summary>Who is at the other end.</summary>
/// <param name="Version">The revision of the protocol that is spoken.</param>
/// <param name="Capabilities">What it can do.</param>
/// <param name="Name">What it calls itself.</param>
/// <param name="ServerVersion">Its version.</param>
/// <param name="Instructions">What it wants models to be told.</param>
internal sealed record McpPeer(string Version, JsonElement Capabilities, string Name, string ServerVersion, string? Instructions)
{
    public bool IsModern => Version == McpProtocol.Modern;

    public bool Can(string capability) =>
        Capabilities.ValueKind is JsonValueKind.Object && Capabilities.TryGetProperty(capability, out var it)
        && it.ValueKind is JsonValueKind.Object;
}
