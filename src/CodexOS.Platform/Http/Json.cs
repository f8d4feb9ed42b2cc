using System.Text.Json;
using System.Text.Json.Serialization;

namespace CodexOS.Platform.Http;

/// <summary>How CodexOS writes JSON everywhere: camelCase, enums as camelCase words, strict numbers.</summary>
public static class Json
{
    /// <summary>The shared settings.</summary>
    public static JsonSerializerOptions Options { get; } = Create();

    /// <summary>Applies the conventions to another set of settings.</summary>
    public static void Apply(JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.PropertyNamingPolicy = JsonNamingPolicy.CamelCase;
        options.PropertyNameCaseInsensitive = false;
        options.NumberHandling = JsonNumberHandling.Strict;
        options.MaxDepth = 64;
        options.Converters.Add(new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false));
    }

    /// <summary>
    /// A value that the shared settings have written; null if it is none, for instance in a journal of another version.
    /// </summary>
    public static T? TryRead<T>(JsonElement json)
        where T : class
    {
        try
        {
            return json.ValueKind is JsonValueKind.Object ? json.Deserialize<T>(Options) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static JsonSerializerOptions Create()
    {
        var options = new JsonSerializerOptions(JsonSerializerDefaults.Web);
        Apply(options);
        options.MakeReadOnly(populateMissingResolver: true);
        return options;
    }
}
