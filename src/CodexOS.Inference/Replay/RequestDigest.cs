using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.Extensions.AI;

namespace CodexOS.Inference.Replay;

/// <summary>
/// Recognises a request. Two requests are the same if they say the same to the model with the same tools and settings;
/// what differs between two honest runs of the same task (ids, times, durations, commit hashes, the model's ids of its
/// calls) is left out.
/// </summary>
/// <param name="Hash">Over everything.</param>
/// <param name="Parts">One per message, then tools and settings, to tell where two requests part.</param>
internal sealed record RequestDigest(string Hash, ImmutableArray<DigestPart> Parts)
{
    public static RequestDigest Of(IEnumerable<ChatMessage> messages, ChatOptions? options)
    {
        var callNumbers = new Dictionary<string, int>(StringComparer.Ordinal);
        var parts = messages
            .Select(message => new DigestPart(Label(message), Hashed(Canonical(message, callNumbers))))
            .Append(new DigestPart("tools", Hashed(Canonical(options?.Tools))))
            .Append(new DigestPart("settings", Hashed(new JsonArray(
                JsonValue.Create(options?.Temperature), JsonValue.Create(options?.MaxOutputTokens)))))
            .ToImmutableArray();
        return new RequestDigest(Hashed(string.Join('\n', parts.Select(part => part.Hash))), parts);
    }

    /// <summary>Where this request first differs from a recorded one.</summary>
    public string DifferenceFrom(ImmutableArray<DigestPart> recorded)
    {
        var same = SameAs(recorded);
        var (mine, theirs) = (Parts.ElementAtOrDefault(same), recorded.ElementAtOrDefault(same));
        if (mine?.Label is "tools" or "settings" && theirs?.Label is "tools" or "settings")
        {
            return $"the {mine.Label} are different";
        }

        return mine?.Label == theirs?.Label
            ? $"message {same + 1} ({mine?.Label}) reads differently"
            : $"at message {same + 1} the recording has {theirs?.Label ?? "nothing"} and the request "
                + $"{mine?.Label ?? "nothing"}";
    }

    /// <summary>How many parts are the same from the start.</summary>
    public int SameAs(ImmutableArray<DigestPart> recorded) =>
        Parts.Zip(recorded).TakeWhile(pair => pair.First.Hash == pair.Second.Hash).Count();

    private static string Label(ChatMessage message) =>
        message.Contents.OfType<FunctionResultContent>().Any() ? "tool result" : message.Role.Value;

    private static JsonArray Canonical(ChatMessage message, Dictionary<string, int> callNumbers)
    {
        var canonical = new JsonArray(message.Role.Value);
        foreach (var content in message.Contents)
        {
            canonical.Add(content switch
            {
                TextContent text => Steady.Text(text.Text),
                FunctionCallContent call => new JsonArray(
                    Number(callNumbers, call.CallId),
                    call.Name,
                    Sorted(JsonSerializer.SerializeToNode(call.Arguments))),
                FunctionResultContent result => new JsonArray(
                    Number(callNumbers, result.CallId), Steady.Text(result.Result?.ToString() ?? "")),
                _ => null,
            });
        }

        return canonical;
    }

    private static JsonArray Canonical(IList<AITool>? tools) => new(
    [
        .. (tools ?? []).OrderBy(tool => tool.Name, StringComparer.Ordinal).Select(tool => new JsonArray(
            tool.Name,
            tool.Description,
            tool is AIFunctionDeclaration function ? Sorted(JsonNode.Parse(function.JsonSchema.GetRawText())) : null)),
    ]);

    private static int Number(Dictionary<string, int> numbers, string callId)
    {
        if (!numbers.TryGetValue(callId, out var number))
        {
            numbers[callId] = number = numbers.Count + 1;
        }

        return number;
    }

    private static JsonNode? Sorted(JsonNode? node) => node switch
    {
        JsonObject members => new JsonObject(members.OrderBy(member => member.Key, StringComparer.Ordinal)
            .Select(member => KeyValuePair.Create(member.Key, Sorted(member.Value)))),
        JsonArray items => new JsonArray([.. items.Select(Sorted)]),
        JsonValue value when value.GetValueKind() == JsonValueKind.String => Steady.Text(value.ToString()),
        _ => node?.DeepClone(),
    };

    private static string Hashed(JsonNode canonical) => Hashed(canonical.ToJsonString());

    private static string Hashed(string text) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}

/// <summary>One part of a request: what it is, and the hash of what it says.</summary>
internal sealed record DigestPart(string Label, string Hash);

/// <summary>Takes out of a text what changes from run to run.</summary>
internal static partial class Steady
{
    private const RegexOptions Plain =
        RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture;

    public static string Text(string text)
    {
        text = TypedIds().Replace(text, "‹id›");
        text = Uuids().Replace(text, "‹id›");
        text = Times().Replace(text, "‹time›");
        text = Durations().Replace(text, "‹duration›");
        return CommitHashes().Replace(text, match => IsHash(match.Value) ? "‹hash›" : match.Value);
    }

    // A run of digits alone is a number and a run of letters alone a word.
    private static bool IsHash(string text) => text.Any(char.IsAsciiDigit) && text.Any(char.IsAsciiLetter);

    [GeneratedRegex(@"\b[a-z]{3}_[0-9a-f]{32}\b", Plain)]
    private static partial Regex TypedIds();

    [GeneratedRegex(
        @"\b[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b",
        Plain)]
    private static partial Regex Uuids();

    [GeneratedRegex(
        @"\b20[0-9]{2}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?(Z|[+-][0-9]{2}:?[0-9]{2})?",
        Plain)]
    private static partial Regex Times();

    [GeneratedRegex(
        @"\bduration_ms:? [0-9]+(\.[0-9]+)?|\b[0-9]+(\.[0-9]+)? ?(ms|s|sec|seconds)\b",
        Plain)]
    private static partial Regex Durations();

    [GeneratedRegex(@"\b[0-9a-f]{7,40}\b", Plain)]
    private static partial Regex CommitHashes();
}
