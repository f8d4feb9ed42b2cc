using System.Text.Json;
using System.Text.RegularExpressions;
using CodexOS.Knowledge.Extraction;
using CodexOS.Knowledge.Storage;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Http;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Tenancy;
using CodexOS.Tools.Contracts;

namespace CodexOS.Knowledge.Documents;

/// <summary>Reads what is said of a document as it came in a request.</summary>
internal static partial class DocumentFacts
{
    private const int NameLengthMax = 400;
    private const int PairsMax = 32;
    private const int ValueLengthMax = 256;
    private const int ReadersMax = 100;

    /// <summary>The name: a file's name, with folders in front of it if there are some.</summary>
    public static Result<string> Name(string? text) =>
        text is { Length: > 0 and <= NameLengthMax } && !text.Any(char.IsControl) ? text : KnowledgeFaults.BadName;

    /// <summary>Pairs, each as <c>key=value</c>.</summary>
    public static Result<SortedDictionary<string, string>> Metadata(string[]? texts)
    {
        var pairs = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var text in texts ?? [])
        {
            var at = text.IndexOf('=', StringComparison.Ordinal);
            if (at < 0 || !Key().IsMatch(text[..at])) return KnowledgeFaults.BadMetadata;
            var value = text[(at + 1)..];
            if (value.Length > ValueLengthMax || !pairs.TryAdd(text[..at], value)) return KnowledgeFaults.BadMetadata;
        }

        return pairs.Count <= PairsMax ? pairs : KnowledgeFaults.BadMetadata;
    }

    /// <summary>Whether documents may have such a pair.</summary>
    public static bool IsPair(string? key, string? value) =>
        key is not null && Key().IsMatch(key) && value is { Length: <= ValueLengthMax };

    /// <summary>Members, each by printed id.</summary>
    public static Result<IReadOnlyList<UserId>> Readers(string[]? texts)
    {
        var readers = new SortedSet<Guid>();
        foreach (var text in texts ?? [])
        {
            if (!UserId.TryParse(text, null, out var reader)) return KnowledgeFaults.BadReaders;
            readers.Add(reader.Value);
        }

        return readers.Count <= ReadersMax ? readers.Select(static id => new UserId(id)).ToArray() : KnowledgeFaults.BadReaders;
    }

    [GeneratedRegex("^[A-Za-z0-9._-]{1,64}$", RegexOptions.None, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Key();
}

/// <summary>Who may read a document.</summary>
internal static class DocumentAccess
{
    /// <summary>The members who alone may read it; none is everybody who may read the base.</summary>
    public static IReadOnlyList<UserId> ReadersOf(DocumentRow row) =>
        JsonSerializer.Deserialize<UserId[]>(row.Readers, Json.Options) ?? [];

    /// <summary>The pairs that searches can ask for.</summary>
    public static SortedDictionary<string, string> MetadataOf(DocumentRow row) =>
        JsonSerializer.Deserialize<SortedDictionary<string, string>>(row.Metadata, Json.Options) ?? [];

    /// <summary>As whom a caller reads a base: whoever may change it sees all of it, which is null.</summary>
    public static UserId? ReaderOf(Caller caller) => caller.May("knowledge:write") ? null : caller.User;

    /// <summary>Whether a caller may read it: one of its readers, or whoever may change the base and so its readers.</summary>
    public static bool MayRead(DocumentRow row, Caller caller) =>
        ReaderOf(caller) is not { } member || MayRead(row, member);

    /// <summary>Whether a member may read it, whatever else they may do.</summary>
    public static bool MayRead(DocumentRow row, UserId member) =>
        ReadersOf(row) is var readers && (readers.Count == 0 || readers.Contains(member));

    /// <summary>
    /// What is known of where its words come from: mail is what strangers write, and so may be what a source has. And who may
    /// read them.
    /// </summary>
    public static Label LabelOf(DocumentRow row) => new(
        row.SourceId is not null || row.Format == DocumentFormats.NameOf(DocumentFormat.Email) ? Integrity.Web : Integrity.Tool,
        ReadersOf(row).Count == 0 ? Readers.Tenant : Readers.Owner);
}
