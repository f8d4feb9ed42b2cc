using System.Text.Json;
using CodexOS.Client.Contracts;

namespace CodexOS.Cli.Runs;

/// <summary>
/// Reads the details of events leniently: what is missing or of another kind is shown as nothing, since a newer server
/// may write what this command does not know.
/// </summary>
internal static class EventData
{
    public static string? Text(this JsonElement data, string name) =>
        data.Member(name) is { ValueKind: JsonValueKind.String } value ? value.GetString() : null;

    public static long Number(this JsonElement data, string name) =>
        data.Member(name) is { ValueKind: JsonValueKind.Number } value && value.TryGetInt64(out var number)
            ? number
            : 0;

    public static bool Flag(this JsonElement data, string name) => data.Member(name).ValueKind == JsonValueKind.True;

    /// <summary>A member, or an undefined element.</summary>
    public static JsonElement Member(this JsonElement data, string name) =>
        data.ValueKind == JsonValueKind.Object && data.TryGetProperty(name, out var value) ? value : default;

    public static IEnumerable<JsonElement> Items(this JsonElement data, string name) =>
        data.Member(name) is { ValueKind: JsonValueKind.Array } value ? value.EnumerateArray() : [];

    public static RunFault Fault(this JsonElement data)
    {
        var fault = data.Member("fault");
        var kind = Enum.TryParse<FaultKind>(fault.Text("kind"), ignoreCase: true, out var known) ? known : default;
        return new RunFault(fault.Text("code") ?? "unknown", kind, fault.Text("message") ?? "There is no explanation.");
    }
}
