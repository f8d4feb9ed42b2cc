using System.Text.Json;

namespace CodexOS.Cli.Screens;

/// <summary>JSON as text for people and scripts.</summary>
internal static class JsonText
{
    /// <summary>On several lines.</summary>
    public static string Indented(JsonElement value) =>
        JsonSerializer.Serialize(value, CliJson.Documents.JsonElement);

    /// <summary>On one line.</summary>
    public static string OneLine(JsonElement value) => JsonSerializer.Serialize(value, CliJson.Lines.JsonElement);
}
