using System.Buffers;
using System.Text;
using CodexOS.Knowledge.Extraction.Archives;
using CodexOS.Platform.Faults;

namespace CodexOS.Knowledge.Extraction;

/// <summary>
/// Recognises a file: by what it holds first, then by its name, then by its declared media type. A name that lies does
/// no harm; a file that is nothing known is refused by a name of what it looks like.
/// </summary>
internal static class FormatDetection
{
    private const int HeadSizeBytes = 64 * 1024;
    private const int PdfMarkBytesMax = 1024;

    private static readonly SearchValues<char> s_nameEnds = SearchValues.Create("\"' ;>?/");

    // What people upload and nobody can read as text.
    private static readonly (byte[] Magic, int At, string Name)[] s_known =
    [
        ([0x89, 0x50, 0x4E, 0x47], 0, "a PNG image"),
        ([0xFF, 0xD8, 0xFF], 0, "a JPEG image"),
        ([.. "GIF8"u8], 0, "a GIF image"),
        ([0x49, 0x49, 0x2A, 0], 0, "a TIFF image"),
        ([0x4D, 0x4D, 0, 0x2A], 0, "a TIFF image"),
        ([.. "WEBP"u8], 8, "a WebP image"),
        ([.. "WAVE"u8], 8, "a WAV recording"),
        ([.. "ftyp"u8], 4, "an MP4 film or recording"),
        ([.. "ID3"u8], 0, "an MP3 recording"),
        ([.. "OggS"u8], 0, "an Ogg recording"),
        ([0x1A, 0x45, 0xDF, 0xA3], 0, "a Matroska film"),
        ([0x1F, 0x8B], 0, "a gzip archive"),
        ([.. "7z"u8, 0xBC, 0xAF], 0, "a 7z archive"),
        ([.. "Rar!"u8], 0, "a RAR archive"),
        ([0xFD, .. "7zXZ"u8], 0, "an xz archive"),
        ([0x28, 0xB5, 0x2F, 0xFD], 0, "a Zstandard archive"),
        ([.. "ustar"u8], 257, "a tar archive"),
        ([0x7F, .. "ELF"u8], 0, "a Linux program"),
        ([.. "SQLite format 3"u8], 0, "an SQLite database"),
        ([.. "PAR1"u8], 0, "a Parquet table"),
        ([0, 0x61, 0x73, 0x6D], 0, "a WebAssembly program"),
        ([.. "%!PS"u8], 0, "PostScript"),
    ];

    /// <summary>Says what a file is.</summary>
    /// <param name="content">The file, seekable; its position is not kept.</param>
    public static Result<DetectedFormat> Detect(Stream content, string fileName, string? mediaType, ReadLimits limits)
    {
        content.Position = 0;
        var buffer = new byte[HeadSizeBytes];
        var head = buffer.AsSpan(0, content.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false));
        if (head.IsEmpty) return ExtractionFaults.Empty();

        if (head[..Math.Min(head.Length, PdfMarkBytesMax)].IndexOf("%PDF-"u8) >= 0)
            return new DetectedFormat(DocumentFormat.Pdf);
        if (head.StartsWith("PK\u0003\u0004"u8) || head.StartsWith("PK\u0005\u0006"u8))
            return ZipFormats.Detect(content, limits);
        if (head.StartsWith((ReadOnlySpan<byte>)[0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1]))
            return CompoundFiles.Detect(content, head);
        if (head.StartsWith("{\\rtf"u8)) return new DetectedFormat(DocumentFormat.Rtf, TextEncodings.Western);
        foreach (var (magic, at, name) in s_known)
        {
            if (head.Length >= at + magic.Length && head.Slice(at, magic.Length).SequenceEqual(magic))
                return ExtractionFaults.Unsupported(name);
        }

        return DetectText(head, fileName, mediaType);
    }

    private static Result<DetectedFormat> DetectText(ReadOnlySpan<byte> head, string fileName, string? mediaType)
    {
        var named = DocumentFormats.ByName(fileName) ?? DocumentFormats.ByMediaType(mediaType);
        var encoding = TextEncodings.Find(head, DeclaredEncoding(mediaType));
        if (encoding is null)
        {
            // A file that should be an archive and is not one is not strange but broken.
            return named is { } binary && !IsText(binary)
                ? ExtractionFaults.Damaged($"its name promises {DocumentFormats.NameOf(binary)}, its bytes are something else")
                : ExtractionFaults.Unsupported("binary data of no known kind");
        }

        var text = encoding.GetString(head).TrimStart('\uFEFF');
        if (string.IsNullOrWhiteSpace(text) || text.All(c => c is '\0' || char.IsWhiteSpace(c)))
            return head.Length < HeadSizeBytes ? ExtractionFaults.Empty() : new DetectedFormat(DocumentFormat.Text, encoding);
        var isWhole = head.Length < HeadSizeBytes;
        var format = TextFormats.Find(text, isWhole, named is { } name && IsText(name) ? name : null);
        return new DetectedFormat(format, EncodingInside(text, format, encoding) ?? encoding);
    }

    private static Encoding? DeclaredEncoding(string? mediaType)
    {
        var at = mediaType?.IndexOf("charset=", StringComparison.OrdinalIgnoreCase) ?? -1;
        return at < 0 ? null : TextEncodings.ByName(mediaType![(at + 8)..].Split(';')[0]);
    }

    // HTML and XML name their encoding in their first lines, which are plain ASCII. Bytes that are valid UTF-8 are UTF-8
    // whatever they say.
    private static Encoding? EncodingInside(string text, DocumentFormat format, Encoding found)
    {
        if (format is not (DocumentFormat.Html or DocumentFormat.Xml) || !found.IsSingleByte) return null;
        var start = text.AsSpan(0, Math.Min(text.Length, 4096));
        foreach (var mark in (ReadOnlySpan<string>)["charset=", "encoding="])
        {
            var at = start.IndexOf(mark, StringComparison.OrdinalIgnoreCase);
            if (at < 0) continue;
            var name = start[(at + mark.Length)..].TrimStart("\"' ");
            var end = name.IndexOfAny(s_nameEnds);
            if (end > 0 && TextEncodings.ByName(name[..end].ToString()) is { } encoding) return encoding;
        }

        return null;
    }

    private static bool IsText(DocumentFormat format) => format is not (
        DocumentFormat.Pdf or DocumentFormat.Docx or DocumentFormat.Pptx or DocumentFormat.Xlsx or DocumentFormat.Odt
        or DocumentFormat.Ods or DocumentFormat.Odp or DocumentFormat.Epub);
}
