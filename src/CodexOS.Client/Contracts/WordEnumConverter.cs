using System.Text.Json;
using System.Text.Json.Serialization;

namespace CodexOS.Client.Contracts;

/// <summary>
/// Reads and writes an enum as camelCase words. A word that this client does not know becomes the enum's zero value,
/// which is always <c>Unknown</c>, so that a newer server does not break an older client.
/// </summary>
/// <typeparam name="T">An enum whose zero value is <c>Unknown</c>.</typeparam>
public sealed class WordEnumConverter<T> : JsonConverter<T>
    where T : struct, Enum
{
    private static readonly Dictionary<string, T> s_values =
        Enum.GetValues<T>().ToDictionary(Word, StringComparer.Ordinal);

    /// <inheritdoc />
    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String
            ? s_values.GetValueOrDefault(reader.GetString()!)
            : throw new JsonException($"Expected a word of {typeof(T).Name}.");

    /// <inheritdoc />
    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteStringValue(Word(value));
    }

    private static string Word(T value) => JsonNamingPolicy.CamelCase.ConvertName(value.ToString());
}
