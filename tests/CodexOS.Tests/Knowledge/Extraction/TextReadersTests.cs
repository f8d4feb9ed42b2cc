using System.Text;
using CodexOS.Knowledge.Extraction;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Knowledge.Extraction;

public sealed class TextReadersTests
{
    [Fact]
    public void Paragraphs_of_text_are_parted_by_blank_lines_and_know_their_line()
    {
        Read.Blocks("First line\r\nsecond line\r\n\r\n \r\nThird\n", "x.txt").ShouldBe([
            new Block(BlockKind.Paragraph, "First line\nsecond line", 0, Line(1)),
            new Block(BlockKind.Paragraph, "Third", 0, Line(5)),
        ]);
    }

    [Fact]
    public void A_line_longer_than_any_buffer_is_read_whole_in_pieces()
    {
        var text = string.Join(' ', Enumerable.Range(0, 60_000));
        var blocks = Read.Blocks(text, "x.txt");
        blocks.Count.ShouldBeGreaterThan(10);
        blocks.ShouldAllBe(block => block.Text.Length <= 20_000 && block.Place == Line(1));
        string.Join(' ', blocks.Select(block => block.Text)).ShouldBe(text);
    }

    [Fact]
    public void Signs_of_Markdown_are_structure_and_not_text()
    {
        Read.Blocks("""
            ---
            title: The Plan
            ---
            # Top *part*

            Some **bold** [link](http://x.y) and `code`
            that goes on.

            - one
              - two

            3. three
            4. four

            > said

            | a | b |
            |---|---|
            | 1 | 2 |

            ```cs
            var x = 1;
            ```
            <div><p>From HTML</p></div>
            """, "x.md").ShouldBe([
            new Block(BlockKind.Heading, "Top part", 1, Line(4)),
            new Block(BlockKind.Paragraph, "Some bold link and code that goes on.", 0, Line(6)),
            new Block(BlockKind.ListItem, "one", 1, Line(9)),
            new Block(BlockKind.ListItem, "two", 2, Line(10)),
            new Block(BlockKind.ListItem, "3. three", 1, Line(12)),
            new Block(BlockKind.ListItem, "4. four", 1, Line(13)),
            new Block(BlockKind.Quote, "said", 0, Line(15)),
            new Block(BlockKind.Table, "| a | b |\n| --- | --- |\n| 1 | 2 |", 0, Line(17)),
            new Block(BlockKind.Code, "var x = 1;", 0, Line(21)),
            new Block(BlockKind.Paragraph, "From HTML", 0, Line(24)),
        ]);
        using var document = Read.Document("---\ntitle: The Plan\nauthor: 'Ada'\n---\nText"u8.ToArray(), "x.md");
        (document.Title, document.Metadata.Author).ShouldBe(("The Plan", "Ada"));
    }

    [Fact]
    public void Code_is_cut_between_its_parts_and_keeps_its_indents()
    {
        var method = "    int M()\n    {\n        return 1;\n    }\n";
        var type = (string name) => $"class {name}\n{{\n{string.Concat(Enumerable.Repeat(method + "\n", 12))}}}\n";
        var blocks = Read.Blocks("using X;\n\n" + type("A") + "\n" + type("B"), "A.cs");
        blocks.Count.ShouldBe(2);
        blocks[0].Text.ShouldStartWith("using X;\n\nclass A\n{\n    int M()");
        blocks[1].Text.ShouldStartWith("class B");
        blocks[1].Text.ShouldEndWith("}");
        blocks[1].Place.ShouldBe(Line(67));
        blocks.ShouldAllBe(block => block.Kind == BlockKind.Code);
    }

    [Theory]
    [InlineData("name,note\nTea,\"a, b\"\nMate,\"two\nlines\"\n")]
    [InlineData("name;note\nTea;\"a, b\"\nMate;\"two\nlines\"\n")]
    [InlineData("name\tnote\nTea\ta, b\nMate\t\"two\nlines\"\n")]
    [InlineData("name|note\nTea|a, b\nMate|\"two\nlines\"\n")]
    public void The_delimiter_of_a_table_is_found(string table) => Read.Blocks(table, "x.csv").ShouldBe([
        new Block(BlockKind.Table, "| name | note |\n| --- | --- |\n| Tea | a, b |\n| Mate | two lines |", 0, new Place(PlaceKind.Row, 1)),
    ]);

    [Fact]
    public void A_long_table_repeats_its_header_and_counts_its_rows()
    {
        var table = "id,word\n" + string.Concat(Enumerable.Range(2, 3_000).Select(row => $"{row},word\n"));
        var blocks = Read.Blocks(table, "x.csv");
        blocks.Count.ShouldBeGreaterThan(5);
        foreach (var block in blocks.Skip(1))
        {
            var lines = block.Text.Split('\n');
            lines[0].ShouldBe("| id | word |");
            lines[2].ShouldBe($"| {block.Place!.Value.Number} | word |");
        }
    }

    [Fact]
    public void Values_of_JSON_stand_with_their_paths()
    {
        Read.Blocks("""{"a": {"b": [1, {"c": "x"}]}, "empty": null, "t": true}""", "x.json").ShouldHaveSingleItem()
            .Text.ShouldBe("a.b[0]: 1\na.b[1].c: x\nt: true");
        Read.Blocks("""[{"n": 1}, {"n": 2, "tags": ["q"]}]""", "x.json").ShouldBe([
            new Block(BlockKind.Paragraph, "n: 1", 0, new Place(PlaceKind.Row, 1)),
            new Block(BlockKind.Paragraph, "n: 2\ntags[0]: q", 0, new Place(PlaceKind.Row, 2)),
        ]);
    }

    [Fact]
    public void JSON_line_by_line_has_a_row_for_each_line()
    {
        var lines = string.Concat(Enumerable.Range(1, 5_000).Select(i => $"{{\"id\": {i}, \"text\": \"{new string('x', 40)}é\"}}\n"));
        var blocks = Read.Blocks(Encoding.Unicode.GetBytes(lines), "x.jsonl");
        blocks.Count.ShouldBe(5_000);
        blocks[^1].Text.ShouldStartWith("id: 5000\ntext: xxx");
        blocks[^1].Place.ShouldBe(new Place(PlaceKind.Row, 5_000));
    }

    [Fact]
    public void Subtitles_become_sentences_with_their_time()
    {
        Read.Blocks("""
            WEBVTT

            NOTE not said

            00:00:01.000 --> 00:00:02.000
            <v Ada>Good <i>morning</i>,

            2
            00:00:02.000 --> 00:00:03.000
            all &amp; sundry.

            00:01:04.000 --> 00:01:05.000
            <v Bob>Hello.
            """, "x.vtt").ShouldBe([
            new Block(BlockKind.Paragraph, "Ada: Good morning, all & sundry.", 0, new Place(PlaceKind.Cue, 1, "00:00:01.000")),
            new Block(BlockKind.Paragraph, "Bob: Hello.", 0, new Place(PlaceKind.Cue, 3, "00:01:04.000")),
        ]);
    }

    [Fact]
    public void Rich_text_is_read_with_its_characters_headings_and_tables()
    {
        using var document = Read.Document(Encoding.ASCII.GetBytes(
            @"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0 Arial;}}{\*\generator X;}{\info{\title A Letter}{\author Ada}{\creatim\yr2026}}"
            + @"\pard\outlinelevel0 Top\par\pard Gr\'fc\'dfe, \u8364?5 \{x\}\line next\par"
            + @"{\pict\pngblip 89504e47}\trowd\intbl a\cell b\cell\row\trowd\intbl 1\par 2\cell 3\cell\row\pard After\par}"), "x.rtf");
        (document.Title, document.Metadata.Author).ShouldBe(("A Letter", "Ada"));
        document.Blocks().ShouldBe([
            new Block(BlockKind.Heading, "Top", 1),
            new Block(BlockKind.Paragraph, "Grüße, €5 {x}\nnext"),
            new Block(BlockKind.Table, "| a | b |\n| --- | --- |\n| 1 2 | 3 |"),
            new Block(BlockKind.Paragraph, "After"),
        ]);
    }

    [Fact]
    public void Rich_text_of_two_byte_code_pages_is_read()
    {
        Read.Blocks(@"{\rtf1\ansicpg932 \'93\'8c\'8b\'9e\par}", "x.rtf").ShouldHaveSingleItem().Text.ShouldBe("東京");
    }

    [Fact]
    public void A_mail_begins_with_who_wrote_to_whom_and_names_what_is_attached()
    {
        const string Mail = """
            From: Ada <ada@example.org>
            To: bob@example.org
            Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=
            Date: Thu, 05 Mar 2026 10:00:00 +0100
            MIME-Version: 1.0
            Content-Type: multipart/mixed; boundary=b

            --b
            Content-Type: text/html; charset=utf-8

            <p>Hello <b>Bob</b></p><script>x()</script>
            --b
            Content-Type: application/pdf
            Content-Disposition: attachment; filename="plan.pdf"
            Content-Transfer-Encoding: base64

            JVBERi0=
            --b--

            """;
        using var document = Read.Document(Encoding.UTF8.GetBytes(Mail.ReplaceLineEndings("\r\n")), "x.eml");
        document.Title.ShouldBe("Grüße");
        document.Metadata.Author.ShouldBe("Ada");
        document.Blocks().Select(block => block.Text).ShouldBe([
            "Grüße",
            "From: \"Ada\" <ada@example.org>\nTo: bob@example.org\nDate: 2026-03-05 10:00 +01:00",
            "Hello Bob",
            "Attachments: plan.pdf",
        ]);
    }

    private static Place Line(int number) => new(PlaceKind.Line, number);
}
