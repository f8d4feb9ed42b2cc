using System.IO.Compression;
using System.Text;

namespace CodexOS.Tests.Knowledge.Extraction;

/// <summary>Writes small documents of the formats that are archives, part by part.</summary>
internal static class Files
{
    private const string Word = "xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"";
    private const string Relations = "xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"";
    private const string Sheet = "xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"";
    private const string Office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

    public static byte[] Zip(params (string Name, string Text)[] parts)
    {
        using var file = new MemoryStream();
        using (var zip = new ZipArchive(file, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (name, text) in parts)
            {
                using var part = new StreamWriter(zip.CreateEntry(name).Open(), new UTF8Encoding(false));
                part.Write(text);
            }
        }

        return file.ToArray();
    }

    /// <summary>A Word document with a body, and styles for headings.</summary>
    public static byte[] Docx(string body, params (string Name, string Text)[] more) => Zip([
        Types,
        Root("word/document.xml"),
        ("word/_rels/document.xml.rels", $"""
            <Relationships {Relations}>
              <Relationship Id="s" Type="{Office}/styles" Target="styles.xml"/>
              <Relationship Id="f" Type="{Office}/footnotes" Target="footnotes.xml"/>
              <Relationship Id="n" Type="{Office}/numbering" Target="numbering.xml"/>
              <Relationship Id="c" Type="{Office}/chart" Target="charts/chart1.xml"/>
            </Relationships>
            """),
        ("word/styles.xml", $"""
            <w:styles {Word}>
              <w:style w:styleId="H1"><w:name w:val="heading 1"/></w:style>
              <w:style w:styleId="Sub"><w:name w:val="Mine"/><w:basedOn w:val="H2"/></w:style>
              <w:style w:styleId="H2"><w:name w:val="heading 2"/></w:style>
            </w:styles>
            """),
        ("word/document.xml", $"<w:document {Word}><w:body>{body}</w:body></w:document>"),
        .. more,
    ]);

    /// <summary>A paragraph of a Word document.</summary>
    public static string Paragraph(string text, string? style = null) =>
        $"<w:p>{(style is null ? "" : $"<w:pPr><w:pStyle w:val=\"{style}\"/></w:pPr>")}<w:r><w:t>{text}</w:t></w:r></w:p>";

    /// <summary>A numbered paragraph, at a level from zero.</summary>
    public static string Numbered(string text, int level, int number = 1) => $"<w:p><w:pPr><w:numPr><w:ilvl w:val=\"{level}\"/>"
        + $"<w:numId w:val=\"{number}\"/></w:numPr></w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>";

    /// <summary>
    /// Schemes of numbers: the first counts 1, 1.I; the second (c); the third is bullets; the fourth is the first anew.
    /// </summary>
    public static (string, string) Numbering => ("word/numbering.xml", $"""
        <w:numbering {Word}>
          <w:abstractNum w:abstractNumId="0">
            <w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%1."/></w:lvl>
            <w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="upperRoman"/><w:lvlText w:val="%1.%2"/></w:lvl>
          </w:abstractNum>
          <w:abstractNum w:abstractNumId="1">
            <w:lvl w:ilvl="0"><w:start w:val="3"/><w:numFmt w:val="lowerLetter"/><w:lvlText w:val="(%1)"/></w:lvl>
          </w:abstractNum>
          <w:abstractNum w:abstractNumId="2">
            <w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/><w:lvlText w:val="o"/></w:lvl>
          </w:abstractNum>
          <w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>
          <w:num w:numId="2"><w:abstractNumId w:val="1"/></w:num>
          <w:num w:numId="3"><w:abstractNumId w:val="2"/></w:num>
          <w:num w:numId="4"><w:abstractNumId w:val="0"/><w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/></w:lvlOverride></w:num>
        </w:numbering>
        """);

    public static string Footnotes(string paragraphs) => $"<w:footnotes {Word}>{paragraphs}</w:footnotes>";

    /// <summary>A workbook of sheets, each with its rows as XML.</summary>
    public static byte[] Xlsx(params (string Name, string State, string Rows)[] sheets) => Zip([
        Types,
        Root("xl/workbook.xml"),
        ("xl/workbook.xml", $"<workbook {Sheet} xmlns:r=\"{Office}\"><sheets>" + string.Concat(sheets.Select((sheet, i) =>
            $"<sheet name=\"{sheet.Name}\" sheetId=\"{i + 1}\" state=\"{sheet.State}\" r:id=\"r{i}\"/>")) + "</sheets></workbook>"),
        ("xl/_rels/workbook.xml.rels", $"<Relationships {Relations}>" + string.Concat(sheets.Select((_, i) =>
            $"<Relationship Id=\"r{i}\" Type=\"{Office}/worksheet\" Target=\"/xl/worksheets/s{i}.xml\"/>"))
            + $"<Relationship Id=\"st\" Type=\"{Office}/styles\" Target=\"styles.xml\"/>"
            + $"<Relationship Id=\"ss\" Type=\"{Office}/sharedStrings\" Target=\"sharedStrings.xml\"/></Relationships>"),
        ("xl/styles.xml", $"""
            <styleSheet {Sheet}><numFmts><numFmt numFmtId="170" formatCode="0.0&quot; kg&quot;"/></numFmts>
            <cellStyleXfs><xf numFmtId="9"/></cellStyleXfs>
            <cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="10"/><xf numFmtId="3"/><xf numFmtId="22"/><xf numFmtId="170"/></cellXfs>
            </styleSheet>
            """),
        ("xl/sharedStrings.xml", $"<sst {Sheet}><si><t>Item</t></si><si><r><t>Ap</t></r><r><t>ple</t></r></si></sst>"),
        .. sheets.Select((sheet, i) => ($"xl/worksheets/s{i}.xml", $"<worksheet {Sheet}><sheetData>{sheet.Rows}</sheetData></worksheet>")),
    ]);

    /// <summary>A presentation of slides, each with its shapes as XML, in the order given.</summary>
    public static byte[] Pptx(params (string Shapes, string? Notes)[] slides)
    {
        const string Names = "xmlns:a=\"http://schemas.openxmlformats.org/drawingml/2006/main\" "
            + "xmlns:p=\"http://schemas.openxmlformats.org/presentationml/2006/main\" xmlns:r=\"" + Office + "\"";
        var parts = new List<(string, string)>
        {
            Types,
            Root("ppt/presentation.xml"),
            ("ppt/presentation.xml", $"<p:presentation {Names}><p:sldIdLst>"
                + string.Concat(slides.Select((_, i) => $"<p:sldId id=\"{256 + i}\" r:id=\"r{i}\"/>")) + "</p:sldIdLst></p:presentation>"),

            // The file names run against the order of the slides, as they do after slides were moved.
            ("ppt/_rels/presentation.xml.rels", $"<Relationships {Relations}>" + string.Concat(slides.Select((_, i) =>
                $"<Relationship Id=\"r{i}\" Type=\"{Office}/slide\" Target=\"slides/slide{slides.Length - i}.xml\"/>")) + "</Relationships>"),
        };
        for (var i = 0; i < slides.Length; i++)
        {
            var number = slides.Length - i;
            parts.Add(($"ppt/slides/slide{number}.xml", $"<p:sld {Names}><p:cSld><p:spTree>{slides[i].Shapes}</p:spTree></p:cSld></p:sld>"));
            if (slides[i].Notes is not { } notes) continue;
            parts.Add(($"ppt/slides/_rels/slide{number}.xml.rels", $"<Relationships {Relations}>"
                + $"<Relationship Id=\"n\" Type=\"{Office}/notesSlide\" Target=\"../notesSlides/n{number}.xml\"/></Relationships>"));
            parts.Add(($"ppt/notesSlides/n{number}.xml",
                $"<p:notes {Names}><p:cSld><p:spTree>{Shape("body", notes)}</p:spTree></p:cSld></p:notes>"));
        }

        return Zip([.. parts]);
    }

    /// <summary>A shape of a slide with one paragraph.</summary>
    public static string Shape(string? placeholder, string text) =>
        $"<p:sp><p:nvSpPr><p:nvPr>{(placeholder is null ? "" : $"<p:ph type=\"{placeholder}\"/>")}</p:nvPr></p:nvSpPr>"
        + $"<p:txBody><a:p><a:r><a:t>{text}</a:t></a:r></a:p></p:txBody></p:sp>";

    /// <summary>An OpenDocument file of a kind, with its body as XML.</summary>
    public static byte[] Odf(string kind, string body) => Zip(
        ("mimetype", "application/vnd.oasis.opendocument." + kind),
        ("meta.xml", "<m xmlns:dc=\"dc\" xmlns:meta=\"meta\"><dc:title>Stated</dc:title><meta:initial-creator>Ada</meta:initial-creator></m>"),
        ("content.xml", "<office:document-content xmlns:office=\"o\" xmlns:text=\"t\" xmlns:table=\"tb\" xmlns:draw=\"d\" "
            + $"xmlns:presentation=\"p\"><office:body>{body}</office:body></office:document-content>"));

    public static byte[] Epub(string spine, params (string Name, string Text)[] parts) => Zip([
        ("mimetype", "application/epub+zip"),
        ("META-INF/container.xml", "<container><rootfiles><rootfile full-path=\"OEBPS/book.opf\"/></rootfiles></container>"),
        ("OEBPS/book.opf", "<package xmlns:dc=\"dc\"><metadata><dc:title>A Book</dc:title><dc:creator>Ada</dc:creator></metadata>"
            + "<manifest><item id=\"nav\" href=\"nav.xhtml\" properties=\"nav\"/><item id=\"a\" href=\"a%20one.xhtml\"/>"
            + $"<item id=\"b\" href=\"b.xhtml\"/></manifest><spine>{spine}</spine></package>"),
        .. parts,
    ]);

    private static (string, string) Types => ("[Content_Types].xml", "<Types/>");

    private static (string, string) Root(string main) => ("_rels/.rels",
        $"<Relationships {Relations}><Relationship Id=\"m\" Type=\"{Office}/officeDocument\" Target=\"{main}\"/></Relationships>");
}
