using CodexOS.Knowledge.Contracts;
using CodexOS.Knowledge.Extraction;
using CodexOS.Knowledge.Storage;
using CodexOS.Platform.Ids;

namespace CodexOS.Knowledge.Documents;

/// <summary>A document of a knowledge base.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">Its name with its folders.</param>
/// <param name="State">Whether it has been read.</param>
/// <param name="Version">Counts contents, from one.</param>
/// <param name="MediaType">What it was said to be.</param>
/// <param name="Format">What it turned out to be.</param>
/// <param name="Title">Its title, where it has one.</param>
/// <param name="SizeBytes">The length of the file.</param>
/// <param name="Passages">How many passages it was cut into.</param>
/// <param name="Characters">How long its text is.</param>
/// <param name="FaultCode">Why it could not be read, as a stable code.</param>
/// <param name="FaultMessage">Why it could not be read, and what to do.</param>
/// <param name="Readers">The members who alone may read it; none is everybody who may read the base.</param>
/// <param name="Metadata">Pairs that searches can ask for.</param>
/// <param name="At">The time that it speaks of, if somebody said so.</param>
/// <param name="CreatedAt">When it was added.</param>
/// <param name="ChangedAt">When its content or state last changed.</param>
/// <param name="AddedBy">Who added its present content.</param>
public sealed record Document(
    DocumentId Id, string Name, DocumentState State, int Version, string MediaType, string? Format, string? Title, long SizeBytes,
    int Passages, long Characters, string? FaultCode, string? FaultMessage, IReadOnlyList<UserId> Readers,
    SortedDictionary<string, string> Metadata, DateTimeOffset? At, DateTimeOffset CreatedAt, DateTimeOffset ChangedAt,
    UserId AddedBy)
{
    /// <summary>The source that it comes from; null if somebody added it.</summary>
    public SourceId? SourceId { get; init; }
}

/// <summary>What adding a document did.</summary>
/// <param name="Document">The document.</param>
/// <param name="Change">What became of it.</param>
public sealed record AddedDocument(Document Document, DocumentChange Change);

/// <summary>What adding a document did.</summary>
public enum DocumentChange
{
    /// <summary>There was none of this name.</summary>
    Added,

    /// <summary>The one of this name has another content now, or other readers or metadata.</summary>
    Replaced,

    /// <summary>It was there already, exactly so.</summary>
    Unchanged,
}

/// <summary>A stretch of a document's text.</summary>
/// <param name="Version">Of which content.</param>
/// <param name="Start">Where it begins, in UTF-16 code units.</param>
/// <param name="Text">The text from there on.</param>
/// <param name="Characters">How long the whole text is.</param>
/// <param name="Passages">The passages that begin in the stretch.</param>
public sealed record DocumentTextPart(
    int Version, long Start, string Text, long Characters, IReadOnlyList<PassagePlace> Passages)
{
    internal static DocumentTextPart Of(KeptText text, int version, int start, int length)
    {
        var from = Math.Min(start, text.Length);
        var end = (int)Math.Min(from + (long)length, text.Length);
        return new DocumentTextPart(
            version, from, text.Part(from, end - from), text.Length,
            [
                .. text.Passages.Select(static (passage, ordinal) => (passage, ordinal))
                    .Where(it => it.passage.Start >= from && it.passage.Start < end)
                    .Select(static it => PassagePlace.Of(it.passage, it.ordinal)),
            ]);
    }
}

/// <summary>Where a passage is in its document.</summary>
/// <param name="Ordinal">Its number among the passages of the document, from zero.</param>
/// <param name="Start">Where it begins in the text, in UTF-16 code units.</param>
/// <param name="Length">How long it is.</param>
/// <param name="Headings">The headings that it stands under, outermost first.</param>
/// <param name="From">Where in the file it begins, as a person would look it up, for instance <c>page 3</c>.</param>
/// <param name="To">Where in the file it ends.</param>
public sealed record PassagePlace(
    int Ordinal, long Start, int Length, IReadOnlyList<string> Headings, string? From, string? To)
{
    internal static PassagePlace Of(StoredPassage passage, int ordinal) => new(
        ordinal, passage.Start, passage.Length, passage.Headings, Print(passage.From), Print(passage.To));

    private static string? Print(Place? place) => place is { } at
        ? at.Name is { } name ? $"{Word(at.Kind)} {at.Number}: {name}" : $"{Word(at.Kind)} {at.Number}"
        : null;

    private static string Word(PlaceKind kind) => kind.ToString().ToLowerInvariant();
}

/// <summary>Shows rows to callers.</summary>
internal static class DocumentView
{
    public static Document Of(DocumentRow row) => new(
        row.DocumentId, row.Name, row.State, row.Version, row.MediaType, row.Format, row.Title, row.SizeBytes, row.PassagesCount,
        row.CharactersCount, row.FaultCode, row.FaultMessage, DocumentAccess.ReadersOf(row), DocumentAccess.MetadataOf(row),
        row.At, row.CreatedAt, row.ChangedAt, row.AddedBy)
    {
        SourceId = row.SourceId,
    };
}
