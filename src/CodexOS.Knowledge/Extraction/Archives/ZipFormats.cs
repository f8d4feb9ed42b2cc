using System.Text;
using CodexOS.Platform.Faults;

namespace CodexOS.Knowledge.Extraction.Archives;

/// <summary>Tells the formats that are ZIP archives apart by their members.</summary>
internal static class ZipFormats
{
    private const int MediaTypeSizeBytesMax = 256;

    public static Result<DetectedFormat> Detect(Stream content, ReadLimits limits)
    {
        try
        {
            content.Position = 0;
            using var archive = new BoundedArchive(content, limits);
            return Find(archive) is { } format
                ? new DetectedFormat(format)
                : ExtractionFaults.Unsupported(archive.Has("[Content_Types].xml")
                    ? "an Office file of another kind" : "a ZIP archive");
        }
        catch (DocumentException exception)
        {
            return exception.Fault;
        }
        catch (InvalidDataException)
        {
            return ExtractionFaults.Damaged("its ZIP archive cannot be unpacked");
        }
    }

    private static DocumentFormat? Find(BoundedArchive archive)
    {
        switch (MediaType(archive))
        {
            case "application/epub+zip": return DocumentFormat.Epub;
            case var type when type.Contains("opendocument.text", StringComparison.Ordinal): return DocumentFormat.Odt;
            case var type when type.Contains("opendocument.spreadsheet", StringComparison.Ordinal): return DocumentFormat.Ods;
            case var type when type.Contains("opendocument.presentation", StringComparison.Ordinal): return DocumentFormat.Odp;
        }

        if (archive.Has("word/document.xml")) return DocumentFormat.Docx;
        if (archive.Has("ppt/presentation.xml")) return DocumentFormat.Pptx;
        if (archive.Has("xl/workbook.xml")) return DocumentFormat.Xlsx;
        if (archive.Has("META-INF/container.xml")) return DocumentFormat.Epub;

        // The parts of an Office file may have any name; the list of content types says which is the main one.
        if (archive.TryOpen("[Content_Types].xml") is not { } stream) return null;
        using var types = new StreamReader(stream, Encoding.UTF8);
        var text = new char[64 * 1024];
        var list = new string(text, 0, types.ReadBlock(text));
        return list.Contains("wordprocessingml.document.main", StringComparison.Ordinal) ? DocumentFormat.Docx
            : list.Contains("presentationml.presentation.main", StringComparison.Ordinal) ? DocumentFormat.Pptx
            : list.Contains("spreadsheetml.sheet.main", StringComparison.Ordinal) ? DocumentFormat.Xlsx
            : null;
    }

    private static string MediaType(BoundedArchive archive)
    {
        if (archive.TryOpen("mimetype") is not { } stream) return "";
        using (stream)
        {
            var bytes = new byte[MediaTypeSizeBytesMax];
            return Encoding.ASCII.GetString(bytes, 0, stream.ReadAtLeast(bytes, bytes.Length, false)).Trim();
        }
    }
}
