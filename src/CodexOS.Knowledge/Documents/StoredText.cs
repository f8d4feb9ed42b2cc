using System.Collections.Immutable;
using System.IO.Compression;
using System.Text.Json;
using CodexOS.Knowledge.Chunking;
using CodexOS.Knowledge.Extraction;
using CodexOS.Platform.Http;

namespace CodexOS.Knowledge.Documents;

/// <summary>
/// The text that was read out of a document, and how it is cut into passages: JSON, compressed with Brotli. Passages name
/// their place in the text and do not repeat it, so a citation cannot say anything else than the document.
/// </summary>
/// <param name="Text">The text.</param>
/// <param name="Passages">Its passages, in order.</param>
internal sealed record StoredText(string Text, ImmutableArray<StoredPassage> Passages)
{
    /// <summary>A passage's own words.</summary>
    public string TextOf(StoredPassage passage) => Text.Substring((int)passage.Start, passage.Length);

    /// <summary>Whether it is cut into the same passages, under the same headings.</summary>
    public bool HasSamePassages(StoredText other) => Text == other.Text && Passages.Length == other.Passages.Length
        && Passages.Zip(other.Passages).All(static two => two.First.IsSame(two.Second));

    /// <summary>As it is kept.</summary>
    public byte[] Write()
    {
        using var bytes = new MemoryStream();
        using (var brotli = new BrotliStream(bytes, CompressionLevel.Fastest, leaveOpen: true))
            JsonSerializer.Serialize(brotli, this, Json.Options);
        return bytes.ToArray();
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    public static StoredText Read(byte[] bytes)
    {
        using var brotli = new BrotliStream(new MemoryStream(bytes), CompressionMode.Decompress);
        return JsonSerializer.Deserialize<StoredText>(brotli, Json.Options)
            ?? throw new InvalidDataException("There is no text.");
    }
}

/// <summary>A passage of a stored text.</summary>
/// <param name="Start">Where it begins, in UTF-16 code units.</param>
/// <param name="Length">How long it is.</param>
/// <param name="Headings">The headings that it stands under, outermost first.</param>
/// <param name="From">Where in the file it begins.</param>
/// <param name="To">Where in the file it ends.</param>
internal sealed record StoredPassage(long Start, int Length, ImmutableArray<string> Headings, Place? From, Place? To)
{
    /// <summary>Whether it has the same words under the same headings.</summary>
    public bool IsSame(StoredPassage other) => Start == other.Start && Length == other.Length
        && Headings.SequenceEqual(other.Headings, StringComparer.Ordinal);

    public static StoredPassage Of(Passage passage) =>
        new(passage.Start, passage.Text.Length, passage.Headings, passage.From, passage.To);
}
