using System.Text.Json;
using System.Text.Unicode;

namespace CodexOS.Tools.Connections;

/// <summary>Reads JSON that strangers write.</summary>
internal static class JsonReading
{
    /// <summary>
    /// The JSON, or null if it is none. What is not UTF-8, or holds half a surrogate pair, is none: every text and every name
    /// in the rest can be read.
    /// </summary>
    public static JsonElement? Parse(byte[] json)
    {
        if (!Utf8.IsValid(json)) return null;
        try
        {
            var reader = new Utf8JsonReader(json);
            while (reader.Read())
            {
                if (reader.TokenType is JsonTokenType.PropertyName or JsonTokenType.String && reader.ValueIsEscaped)
                    _ = reader.GetString();
            }

            return JsonElement.Parse(json);
        }
        catch (Exception malformed) when (malformed is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>A member that is text, or null.</summary>
    public static string? TextOf(JsonElement parent, string name) =>
        MemberOf(parent, name) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;

    /// <summary>Whether a member is true.</summary>
    public static bool IsSet(JsonElement parent, string name) => MemberOf(parent, name) is { ValueKind: JsonValueKind.True };

    /// <summary>A member that is an object, or null.</summary>
    public static JsonElement? ObjectOf(JsonElement parent, string name) =>
        MemberOf(parent, name) is { ValueKind: JsonValueKind.Object } member ? member : null;

    /// <summary>A member that is a list, or null.</summary>
    public static JsonElement? ListOf(JsonElement parent, string name) =>
        MemberOf(parent, name) is { ValueKind: JsonValueKind.Array } member ? member : null;

    private static JsonElement? MemberOf(JsonElement parent, string name) =>
        parent.ValueKind is JsonValueKind.Object && parent.TryGetProperty(name, out var member) ? member : null;
}
