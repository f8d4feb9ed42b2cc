using System.Text.Json;
using CodexOS.Platform.Faults;
using Microsoft.AspNetCore.Http;

namespace CodexOS.Identity.Scim.Protocol;

/// <summary>Reads JSON as SCIM means it: names of members are the same in any case (RFC 7643, section 2.1).</summary>
internal static class ScimJson
{
    /// <summary>A member of an object by its name in any case; null if there is none, or this is no object.</summary>
    public static JsonElement? Member(this JsonElement json, string name)
    {
        if (json.ValueKind is not JsonValueKind.Object) return null;
        foreach (var member in json.EnumerateObject())
            if (member.Name.Equals(name, StringComparison.OrdinalIgnoreCase)) return member.Value;
        return null;
    }

    /// <summary>A text; null where there is none, or it is empty.</summary>
    public static Result<string?> Text(JsonElement? json, string name, int lengthMax) => json switch
    {
        null or { ValueKind: JsonValueKind.Null or JsonValueKind.Undefined } => (string?)null,
        { ValueKind: JsonValueKind.String } text when text.GetString()!.Trim() is var trimmed && trimmed.Length <= lengthMax
            && !trimmed.Contains('\0', StringComparison.Ordinal) => trimmed.Length == 0 ? null : trimmed,
        _ => ScimFaults.BadValue($"{name} is a text of at most {lengthMax} characters."),
    };

    /// <summary>True or false, also as the words that Microsoft Entra ID sends; null where there is nothing.</summary>
    public static Result<bool?> Flag(JsonElement? json, string name) => json switch
    {
        null or { ValueKind: JsonValueKind.Null or JsonValueKind.Undefined } => new bool?(),
        { ValueKind: JsonValueKind.True } => new bool?(true),
        { ValueKind: JsonValueKind.False } => new bool?(false),
        { ValueKind: JsonValueKind.String } word when bool.TryParse(word.GetString(), out var flag) => new bool?(flag),
        _ => ScimFaults.BadValue($"{name} is true or false."),
    };
}

/// <summary>The body of a request, which is an object.</summary>
/// <param name="Json">It, or what is wrong with it; what it asks for is looked at once it is known to be about something.</param>
internal sealed record ScimBody(Result<JsonElement> Json)
{
    private static readonly JsonSerializerOptions s_options = new() { MaxDepth = 16 };

    /// <summary>Hands the body to an endpoint.</summary>
    public static async ValueTask<ScimBody> BindAsync(HttpContext context)
    {
        try
        {
            var json = await JsonSerializer.DeserializeAsync<JsonElement>(
                context.Request.Body, s_options, context.RequestAborted);
            return new ScimBody(json.ValueKind is JsonValueKind.Object && IsReadable(json) ? json : NoObject);
        }
        catch (JsonException)
        {
            return new ScimBody(NoObject);
        }
    }

    /// <summary>Whether all texts in it are texts: half a surrogate pair can be written, and read by nobody.</summary>
    private static bool IsReadable(JsonElement json)
    {
        try
        {
            return json.ValueKind switch
            {
                JsonValueKind.Object => json.EnumerateObject().All(static one => one.Name is not null && IsReadable(one.Value)),
                JsonValueKind.Array => json.EnumerateArray().All(IsReadable),
                JsonValueKind.String => json.GetString() is not null,
                _ => true,
            };
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    private static Fault NoObject { get; } = ScimFaults.BadSyntax("The body is one JSON object, nested at most 16 deep.");
}
