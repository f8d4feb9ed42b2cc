using CodexOS.Knowledge.Extraction;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Knowledge.Extraction;

public sealed class OfficeReadersTests
{
    [Fact]
    public void A_Word_document_keeps_its_headings_lists_tables_and_notes_in_order()
    {
        var blocks = Read.Blocks(Files.Docx(
            Files.Paragraph("Report", "H1") + Files.Paragraph("Costs", "Sub")
            + "<w:p><w:pPr><w:numPr><w:ilvl w:val=\"1\"/><w:numId w:val=\"3\"/></w:numPr></w:pPr><w:r><w:t>An item</w:t></w:r></w:p>"
            + "<w:p><w:r><w:t xml:space=\"preserve\">Split </w:t></w:r><w:r><w:t>run</w:t><w:tab/><w:t>end</w:t></w:r></w:p>"
            + Table(["Name", "Price"], ["Tea|Mate", "3"]) + Files.Paragraph("After"),
            ("word/footnotes.xml", Files.Footnotes($"<w:footnote>{Files.Paragraph("A note")}</w:footnote>"))));
        blocks.ShouldBe([
            new Block(BlockKind.Heading, "Report", 1),
            new Block(BlockKind.Heading, "Costs", 2),
            new Block(BlockKind.ListItem, "An item", 2),
            new Block(BlockKind.Paragraph, "Split run\tend"),
            new Block(BlockKind.Table, "| Name | Price |\n| --- | --- |\n| Tea\\|Mate | 3 |"),
            new Block(BlockKind.Paragraph, "After"),
            new Block(BlockKind.Paragraph, "A note"),
        ]);
    }

    [Fact]
    public void Numbers_that_Word_counts_are_part_of_what_is_said()
    {
        var blocks = Read.Blocks(Files.Docx(
            Files.Numbered("One", 0) + Files.Numbered("Sub", 1) + Files.Numbered("Sub", 1) + Files.Numbered("Two", 0)
            + Files.Numbered("Sub", 1) + Files.Numbered("Letter", 0, 2) + Files.Numbered("Bullet", 0, 3) + Files.Numbered("Anew", 0, 4),
            Files.Numbering));
        blocks.Select(block => block.Text)
            .ShouldBe(["1. One", "1.I Sub", "1.II Sub", "2. Two", "2.I Sub", "(c) Letter", "Bullet", "1. Anew"]);
    }

    [Fact]
    public void A_chart_is_read_as_the_table_it_was_drawn_from()
    {
        static string Points(string part, params string[] values) => $"<c:{part}><c:pt><c:v/></c:pt>" + string.Concat(values
            .Select((value, i) => $"<c:pt idx=\"{i}\"><c:v>{value}</c:v></c:pt>")) + $"</c:{part}>";
        var blocks = Read.Blocks(Files.Docx(
            "<w:p><w:r><w:drawing><c:chart xmlns:c=\"c\" xmlns:r=\"r\" r:id=\"c\"/></w:drawing></w:r></w:p>",
            ("word/charts/chart1.xml", "<c:chart xmlns:c=\"c\" xmlns:a=\"a\"><c:title><a:t>Sales</a:t></c:title>"
                + $"<c:ser>{Points("tx", "2025")}{Points("cat", "Q1", "Q2")}{Points("val", "10", "20")}</c:ser>"
                + $"<c:ser>{Points("tx", "2026")}{Points("val", "30", "40")}</c:ser></c:chart>")));
        blocks.Select(block => block.Text)
            .ShouldBe(["Sales", "| Category | 2025 | 2026 |\n| --- | --- | --- |\n| Q1 | 10 | 30 |\n| Q2 | 20 | 40 |"]);
    }

    [Fact]
    public void Deleted_text_field_codes_and_fallbacks_are_not_text()
    {
        var blocks = Read.Blocks(Files.Docx(
            "<w:p><w:r><w:t>Kept</w:t></w:r><w:del><w:r><w:delText>gone</w:delText></w:r></w:del>"
            + "<w:r><w:instrText>PAGE</w:instrText></w:r><w:ins><w:r><w:t>, added</w:t></w:r></w:ins>"
            + "<mc:AlternateContent xmlns:mc=\"mc\"><mc:Choice><w:r><w:t>, once</w:t></w:r></mc:Choice>"
            + "<mc:Fallback><w:r><w:t>, twice</w:t></w:r></mc:Fallback></mc:AlternateContent></w:p>"));
        blocks.ShouldHaveSingleItem().Text.ShouldBe("Kept, added, once");
    }

    [Fact]
    public void Tables_inside_cells_and_merged_cells_lose_no_word()
    {
        var inner = Table(["x", "y"], ["1", "2"]);
        var blocks = Read.Blocks(Files.Docx(
            "<w:tbl><w:tr><w:tc><w:tcPr><w:gridSpan w:val=\"2\"/></w:tcPr>" + Files.Paragraph("Wide") + "</w:tc></w:tr>"
            + $"<w:tr><w:tc>{Files.Paragraph("In")}{inner}</w:tc><w:tc>{Files.Paragraph("Right")}</w:tc></w:tr></w:tbl>"));
        blocks.ShouldHaveSingleItem().Text.ShouldBe("| Wide |  |\n| --- | --- |\n| In x, y; 1, 2 | Right |");
    }

    [Fact]
    public void What_a_file_says_of_itself_is_known_before_its_text_is_read()
    {
        using var document = Read.Document(Files.Docx(Files.Paragraph("Text"), ("docProps/core.xml",
            "<c xmlns:dc=\"dc\" xmlns:t=\"t\"><dc:title>Plan</dc:title><dc:creator>Ada</dc:creator><t:created>2026-03-04T05:06:07Z</t:created></c>")));
        document.Title.ShouldBe("Plan");
        document.Metadata.Author.ShouldBe("Ada");
        document.Metadata.CreatedAt.ShouldBe(new DateTimeOffset(2026, 3, 4, 5, 6, 7, TimeSpan.Zero));
    }

    [Fact]
    public void Without_a_stated_title_the_first_heading_serves_else_the_name()
    {
        using var headed = Read.Document(Files.Docx(Files.Paragraph("Top", "H1")), "a.docx");
        headed.Title.ShouldBe("Top");
        using var plain = Read.Document(Files.Docx(Files.Paragraph("Text")), "minutes.docx");
        plain.Title.ShouldBe("minutes");
    }

    [Fact]
    public void Slides_come_in_the_order_they_are_shown_with_their_notes()
    {
        var blocks = Read.Blocks(Files.Pptx(
            (Files.Shape("title", "First") + Files.Shape("body", "Point") + Files.Shape("sldNum", "1"), "Say hello"),
            (Files.Shape("ctrTitle", "Second") + Files.Shape(null, "Box"), null)));
        blocks.ShouldBe([
            new Block(BlockKind.Heading, "First", 1, Slide(1)),
            new Block(BlockKind.ListItem, "Point", 1, Slide(1)),
            new Block(BlockKind.Quote, "Say hello", 0, Slide(1)),
            new Block(BlockKind.Heading, "Second", 1, Slide(2)),
            new Block(BlockKind.Paragraph, "Box", 0, Slide(2)),
        ]);
    }

    [Fact]
    public void Sheets_show_dates_shares_and_numbers_as_a_person_sees_them()
    {
        var blocks = Read.Blocks(Files.Xlsx(("Stock", "visible",
            "<row r=\"1\"><c r=\"A1\" t=\"s\"><v>0</v></c><c r=\"B1\" t=\"inlineStr\"><is><t>Day</t></is></c>"
            + "<c r=\"C1\" t=\"str\"><v>Share</v></c><c r=\"D1\" t=\"str\"><v>Sum</v></c><c r=\"E1\" t=\"str\"><v>At</v></c>"
            + "<c r=\"F1\" t=\"str\"><v>Kilos</v></c></row>"
            + "<row r=\"2\"><c r=\"A2\" t=\"s\"><v>1</v></c><c r=\"B2\" s=\"1\"><v>45356</v></c><c r=\"C2\" s=\"2\"><v>0.125</v></c>"
            + "<c r=\"D2\" s=\"3\"><f>1+1</f><v>1234567.2</v></c><c r=\"E2\" s=\"4\"><v>45356.5</v></c><c r=\"F2\" s=\"5\"><v>2.04</v></c></row>"
            + "<row r=\"3\"><c r=\"A3\" t=\"b\"><v>1</v></c><c r=\"C3\"><v>0.1</v></c></row>")));
        blocks.ShouldBe([
            new Block(BlockKind.Heading, "Stock", 1, new Place(PlaceKind.Sheet, 1, "Stock")),
            new Block(BlockKind.Table, """
                | Item | Day | Share | Sum | At | Kilos |
                | --- | --- | --- | --- | --- | --- |
                | Apple | 2024-03-05 | 12.50% | 1,234,567 | 2024-03-05 12:00:00 | 2.0 |
                | TRUE |  | 0.1 |  |  |  |
                """, 0, new Place(PlaceKind.Sheet, 1, "Stock")),
        ]);
    }

    [Fact]
    public void A_long_sheet_comes_in_pieces_that_each_begin_with_the_header()
    {
        var rows = string.Concat(Enumerable.Range(1, 2_000).Select(row =>
            $"<row r=\"{row}\"><c r=\"A{row}\" t=\"str\"><v>{(row == 1 ? "Number" : "n")}</v></c><c r=\"B{row}\"><v>{row}</v></c></row>"));
        var tables = Read.Blocks(Files.Xlsx(("Long", "visible", rows))).Where(block => block.Kind is BlockKind.Table).ToList();
        tables.Count.ShouldBeGreaterThan(3);
        tables.ShouldAllBe(table => table.Text.StartsWith("| Number | 1 |\n| --- | --- |\n") && table.Text.Length < 8_000);
        tables.Sum(table => table.Text.Split('\n').Length - 2).ShouldBe(1_999);
    }

    [Fact]
    public void Hidden_sheets_are_left_out_and_a_gap_of_rows_parts_tables()
    {
        var blocks = Read.Blocks(Files.Xlsx(
            ("Hidden", "hidden", Row(1, "secret", "x")),
            ("Seen", "visible", Row(1, "a", "b") + Row(2, "1", "2") + Row(9, "c", "d") + Row(10, "3", "4"))));
        blocks.Select(block => block.Text).ShouldBe([
            "Seen", "| a | b |\n| --- | --- |\n| 1 | 2 |", "| c | d |\n| --- | --- |\n| 3 | 4 |"]);
    }

    [Fact]
    public void An_OpenDocument_text_keeps_its_structure()
    {
        using var document = Read.Document(Files.Odf("text",
            "<text:h text:outline-level=\"2\">Top</text:h><text:p>One<text:s text:c=\"2\"/>two<text:line-break/>three</text:p>"
            + "<text:list><text:list-item><text:p>Item</text:p></text:list-item></text:list>"
            + "<table:table><table:table-row><table:table-cell><text:p>a</text:p></table:table-cell><table:table-cell table:number-columns-repeated=\"2\">"
            + "<text:p>b</text:p></table:table-cell></table:table-row><table:table-row><table:table-cell><text:p>1</text:p></table:table-cell>"
            + "</table:table-row></table:table>"));
        document.Title.ShouldBe("Stated");
        document.Metadata.Author.ShouldBe("Ada");
        document.Blocks().ShouldBe([
            new Block(BlockKind.Heading, "Top", 2),
            new Block(BlockKind.Paragraph, "One  two\nthree"),
            new Block(BlockKind.ListItem, "Item", 1),
            new Block(BlockKind.Table, "| a | b | b |\n| --- | --- | --- |\n| 1 |  |  |"),
        ]);
    }

    [Fact]
    public void OpenDocument_sheets_and_slides_have_places()
    {
        var sheet = Read.Blocks(Files.Odf("spreadsheet",
            "<table:table table:name=\"Costs\"><table:table-row><table:table-cell><text:p>a</text:p></table:table-cell></table:table-row>"
            + "<table:table-row table:number-rows-repeated=\"1000000\"><table:table-cell table:number-columns-repeated=\"16384\"/></table:table-row>"
            + "</table:table>"));
        sheet.ShouldBe([
            new Block(BlockKind.Heading, "Costs", 1, new Place(PlaceKind.Sheet, 1, "Costs")),
            new Block(BlockKind.Paragraph, "a", 0, new Place(PlaceKind.Sheet, 1, "Costs")),
        ]);
        var slides = Read.Blocks(Files.Odf("presentation",
            "<draw:page draw:name=\"p1\"><draw:frame presentation:class=\"title\"><draw:text-box><text:p>Hello</text:p></draw:text-box></draw:frame>"
            + "<presentation:notes><text:p>Note</text:p></presentation:notes></draw:page>"));
        slides.ShouldBe([
            new Block(BlockKind.Heading, "Hello", 1, new Place(PlaceKind.Slide, 1, "p1")),
            new Block(BlockKind.Quote, "Note", 0, new Place(PlaceKind.Slide, 1, "p1")),
        ]);
    }

    private static Place Slide(int number) => new(PlaceKind.Slide, number);

    private static string Row(int number, params string[] cells) => $"<row r=\"{number}\">" + string.Concat(cells.Select((cell, i) =>
        $"<c r=\"{(char)('B' + i)}{number}\" t=\"str\"><v>{cell}</v></c>")) + "</row>";

    private static string Table(params string[][] rows) => "<w:tbl>" + string.Concat(rows.Select(row => "<w:tr>"
        + string.Concat(row.Select(cell => $"<w:tc>{Files.Paragraph(cell)}</w:tc>")) + "</w:tr>")) + "</w:tbl>";
}
