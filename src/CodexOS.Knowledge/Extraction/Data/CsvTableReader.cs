using System.Globalization;
using System.Text;
using CodexOS.Knowledge.Extraction.Tables;
using CsvHelper;
using CsvHelper.Configuration;

namespace CodexOS.Knowledge.Extraction.Data;

/// <summary>Reads tables of separated values. The place of a piece is its first row, the header being row one.</summary>
internal sealed class CsvTableReader : IDocumentReader
{
    private const int HeadLength = 16 * 1024;
    private const int FieldLengthMax = 1024 * 1024;
    private const int FieldsMax = 16_384;

    public IEnumerable<Block> Read(Stream content, ReadContext context)
    {
        var delimiter = FindDelimiter(content, context.Encoding);
        content.Position = 0;
        using var text = new StreamReader(content, context.Encoding, true, -1, leaveOpen: true);
        using var csv = new CsvParser(text, new CsvConfiguration(CultureInfo.InvariantCulture)
        {
            Delimiter = delimiter.ToString(),
            BadDataFound = null,
            MissingFieldFound = null,
            MaxFieldSize = FieldLengthMax,
            IgnoreBlankLines = true,
        }, leaveOpen: true);
        var table = new TableWriter(row => new Place(PlaceKind.Row, row));
        while (Next(csv, context))
        {
            if (csv.Count > FieldsMax) throw new DocumentException(ExtractionFaults.TooLarge($"{FieldsMax} values in a row"));
            if (table.Add(csv.Record!, csv.Row) is { } piece) yield return piece;
        }

        if (table.Finish() is { } last) yield return last;
    }

    private static bool Next(CsvParser csv, ReadContext context)
    {
        context.Check();
        try
        {
            return csv.Read();
        }
        catch (MaxFieldSizeException)
        {
            throw new DocumentException(ExtractionFaults.TooLarge(
                $"{FieldLengthMax} characters in one value, as happens when a quote is never closed"));
        }
    }

    private static char FindDelimiter(Stream content, Encoding encoding)
    {
        content.Position = 0;
        using var text = new StreamReader(content, encoding, true, -1, leaveOpen: true);
        var head = new char[HeadLength];
        return Delimiters.Find(new string(head, 0, text.ReadBlock(head)));
    }
}
