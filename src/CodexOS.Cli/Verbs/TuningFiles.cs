using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using CodexOS.Client.Contracts;

namespace CodexOS.Cli.Verbs;

/// <summary>Reads files of synonyms and boosts that are JSON.</summary>
internal static class TuningFiles
{
    /// <summary>What a file says; what cannot be read, or has a name in it that is none, is told by its place.</summary>
    public static T? Read<T>(string path, string text, JsonTypeInfo<T> type, string code, string what, string example)
    {
        try
        {
            return JsonSerializer.Deserialize(text.TrimStart('\uFEFF'), type);
        }
        catch (JsonException error)
        {
            throw new CodexOSException(
                code, FaultKind.Invalid, $"{path} is not JSON of {what}, as {example}: at {error.Path ?? "$"}, line {error.LineNumber + 1}, "
                + "is a name that is none of these, or another kind of value. Correct it.",
                error);
        }
    }
}

/// <summary>Synonyms as somebody wrote them. A name that is none is a slip of the pen, wherever it stands.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal sealed record SynonymsFile(IReadOnlyList<string> Rules);

/// <summary>Boosts as somebody wrote them.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal sealed record BoostsFile(
    BoostsFileFields? Fields = null, IReadOnlyList<BoostsFilePair>? Metadata = null, BoostsFileNewer? Newer = null)
{
    public KnowledgeBoosts ToBoosts() => new(
        Fields is { } fields ? new FieldBoosts(fields.Title, fields.Headings, fields.Text) : null,
        Metadata?.Select(static rule => new MetadataRule(rule.Key, rule.Value, rule.Factor)).ToList(),
        Newer is { } newer ? new NewerRule(newer.HalfLifeDays, newer.Factor) : null);
}

/// <summary>How much words count by where they stand.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal sealed record BoostsFileFields(double Title = 2, double Headings = 2, double Text = 1);

/// <summary>A rule for a pair of metadata.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal sealed record BoostsFilePair(string Key, string Value, double Factor);

/// <summary>How much newer documents count.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal sealed record BoostsFileNewer(double HalfLifeDays, double Factor);
