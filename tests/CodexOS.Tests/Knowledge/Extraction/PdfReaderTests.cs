using CodexOS.Knowledge.Extraction;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Knowledge.Extraction;

public sealed class PdfReaderTests
{
    private static readonly string[] s_words =
        ["alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "omega"];

    [Fact]
    public void Lines_become_paragraphs_and_larger_letters_headings()
    {
        using var document = Read.Document(new PdfFile { Title = "Stated" }.Page(
            (50, 740, 20, "A Title"),
            (50, 700, 10, "The first line of a paragraph goes on and is conti-"),
            (50, 688, 10, "nued on the second line, where it comes to its end."),
            (50, 660, 10, "Another paragraph stands apart by a wider gap.")).Bytes());
        document.Title.ShouldBe("Stated");
        document.Metadata.Pages.ShouldBe(1);
        document.Blocks().ShouldBe([
            new Block(BlockKind.Heading, "A Title", 1, Page(1)),
            new Block(BlockKind.Paragraph,
                "The first line of a paragraph goes on and is continued on the second line, where it comes to its end.", 0, Page(1)),
            new Block(BlockKind.Paragraph, "Another paragraph stands apart by a wider gap.", 0, Page(1)),
        ]);
    }

    [Fact]
    public void Words_are_told_by_gaps_where_no_space_is_drawn()
    {
        // Each kerning number moves by thousandths of the size: 400 is a space, 30 is not.
        var text = Read.Texts(Read.Blocks(new PdfFile()
            .Drawn("BT /F1 10 Tf 50 700 Td [(W) 30 (ords) -400 (are) -400 (to) -20 (ld)] TJ ET").Bytes()));
        text.ShouldBe("Words are told");
    }

    [Fact]
    public void Columns_are_read_one_after_the_other_and_a_title_across_them_first()
    {
        var words = new List<(double, double, double, string)> { (50, 760, 16, "A title that reaches over both of the columns of the page") };
        for (var i = 0; i < 12; i++)
        {
            // Drawn row by row, as some writers do, so that the order of drawing misleads.
            words.Add((50, 700 - (i * 12), 10, $"left {i} {string.Join(' ', s_words[..7])}"));
            words.Add((320, 700 - (i * 12), 10, $"right {i} {string.Join(' ', s_words[..7])}"));
        }

        var text = Read.Texts(Read.Blocks(new PdfFile().Page([.. words]).Bytes()));
        text.ShouldStartWith("A title that reaches");
        var order = new[] { "left 0 ", "left 11 ", "right 0 ", "right 11 " }.Select(mark => text.IndexOf(mark, StringComparison.Ordinal));
        order.ShouldBeInOrder();
    }

    [Fact]
    public void Rows_of_a_table_stay_together()
    {
        var rows = Enumerable.Range(0, 10).SelectMany(i => new (double, double, double, string)[]
        {
            (50, 700 - (i * 14), 10, $"item{i}"), (200, 700 - (i * 14), 10, $"{i}.00"), (350, 700 - (i * 14), 10, $"note{i}"),
        });
        Read.Texts(Read.Blocks(new PdfFile().Page([.. rows]).Bytes())).ShouldContain("item3 3.00 note3\nitem4 4.00 note4");
    }

    [Fact]
    public void Headers_footers_and_page_numbers_are_not_text()
    {
        var file = new PdfFile();
        for (var page = 1; page <= 5; page++)
        {
            file.Page(
                (50, 780, 9, "Annual report 2026"),
                (50, 700, 10, $"What only page {s_words[page]} says, first line of it."),
                (50, 688, 10, $"A second line about {s_words[page + 3]} alone, quite long."),
                (50, 400, 10, $"Further down: {s_words[page + 5]}."),
                (50, 388, 10, $"And at last {s_words[page + 2]} and {s_words[page]}."),
                (300, 20, 9, $"Page {page} of 5"));
        }

        var blocks = Read.Blocks(file.Bytes());
        var text = Read.Texts(blocks);
        text.ShouldNotContain("Annual");
        text.ShouldNotContain("of 5");
        for (var page = 1; page <= 5; page++)
        {
            blocks.Where(block => block.Place == Page(page)).ShouldNotBeEmpty();
            text.ShouldContain($"What only page {s_words[page]} says");
        }
    }

    [Fact]
    public void Numbered_headings_have_the_level_of_their_number()
    {
        var blocks = Read.Blocks(new PdfFile().Page(
            (50, 740, 14, "2 Methods"),
            (50, 710, 10, "Some running text that is long enough to set the size of the body."),
            (50, 680, 12, "2.1 Data"),
            (50, 655, 10, "More of the running text that is long enough to set the size.")).Bytes());
        blocks.Where(block => block.Kind is BlockKind.Heading).Select(block => (block.Text, block.Level))
            .ShouldBe([("2 Methods", 2), ("2.1 Data", 3)]);
    }

    [Fact]
    public void A_PDF_of_pictures_says_that_it_needs_recognition_of_its_text()
    {
        var fault = Read.Fault(new PdfFile().Drawn("q 600 0 0 800 0 0 cm /P Do Q").Bytes());
        fault.Code.ShouldBe("knowledge.no_text");
        fault.Message.ShouldContain("OCR");
    }

    [Fact]
    public void An_encrypted_PDF_is_named_as_such()
    {
        var zeros = new string('0', 64);
        var file = new PdfFile
        {
            Trailer = $"/ID [<{zeros}> <{zeros}>] /Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <{zeros}> /U <{zeros}> >>",
        };
        Read.Fault(file.Page((50, 700, 10, "secret")).Bytes()).Code.ShouldBe("knowledge.encrypted_document");
    }

    [Fact]
    public void More_pages_than_allowed_are_refused_by_number()
    {
        var file = new PdfFile();
        for (var page = 0; page < 12; page++) file.Page((50, 700, 10, "text"));
        var fault = Read.Fault(file.Bytes(), limits: new ReadLimits { PagesMax = 10 });
        fault.Code.ShouldBe("knowledge.document_too_large");
        fault.Message.ShouldContain("10 pages");
    }

    [Fact]
    public void One_broken_page_does_not_cost_the_others()
    {
        var blocks = Read.Blocks(new PdfFile()
            .Page((50, 700, 10, "First page with words."))
            .Drawn("BT /F1 (broken Tf ]] >> 1 0 Td ((( Tj")
            .Page((50, 700, 10, "Third page has others.")).Bytes());
        Read.Texts(blocks).ShouldContain("First page");
        Read.Texts(blocks).ShouldContain("Third page");
    }

    private static Place Page(int number) => new(PlaceKind.Page, number);
}
