using System.Buffers.Binary;
using System.Text;
using CodexOS.Platform.Faults;

namespace CodexOS.Knowledge.Extraction.Archives;

/// <summary>
/// Names the compound files of Microsoft: Office files before 2007, which are not read, and newer ones behind a
/// password, which are wrapped in such a file.
/// </summary>
internal static class CompoundFiles
{
    private const int DirectorySizeBytes = 16 * 1024;

    public static Result<DetectedFormat> Detect(Stream content, ReadOnlySpan<byte> head)
    {
        if (head.Length < 512) return ExtractionFaults.Damaged("its header is cut short");
        var shift = BinaryPrimitives.ReadUInt16LittleEndian(head[30..]);
        var sector = BinaryPrimitives.ReadUInt32LittleEndian(head[48..]);
        var at = shift is 9 or 12 ? ((long)sector + 1) << shift : long.MaxValue;
        if (at >= content.Length) return ExtractionFaults.Damaged("the directory of its compound file is missing");
        content.Position = at;
        var directory = new byte[DirectorySizeBytes];
        var names = directory.AsSpan(0, content.ReadAtLeast(directory, directory.Length, throwOnEndOfStream: false));

        if (Has(names, "EncryptedPackage")) return ExtractionFaults.Encrypted("The Office file");
        return ExtractionFaults.Unsupported(
            Has(names, "WordDocument") ? "a Word document from before 2007 (doc)"
            : Has(names, "Workbook") || Has(names, "Book") ? "an Excel workbook from before 2007 (xls)"
            : Has(names, "PowerPoint Document") ? "a PowerPoint presentation from before 2007 (ppt)"
            : Has(names, "__properties_version") ? "an Outlook message (msg)"
            : "a compound file of no known kind");
    }

    private static bool Has(ReadOnlySpan<byte> names, string name) => names.IndexOf(Encoding.Unicode.GetBytes(name)) >= 0;
}
