using System.Text;
using CodexOS.Knowledge.Extraction;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Knowledge.Extraction;

public sealed class FormatDetectionTests
{
    [Theory]
    [InlineData("<!DOCTYPE html><p>Hi", "page.txt", nameof(DocumentFormat.Html))]
    [InlineData("<?xml version=\"1.0\"?><html><body><p>Hi</p></body></html>", "x", nameof(DocumentFormat.Html))]
    [InlineData("<?xml version=\"1.0\"?><rss><channel/></rss>", "feed", nameof(DocumentFormat.Xml))]
    [InlineData("{\"a\": 1}", "data.csv", nameof(DocumentFormat.Json))]
    [InlineData("{\"a\": 1}\n{\"a\": 2}\n", "lines", nameof(DocumentFormat.Json))]
    [InlineData("[see](x.md) for more", "notes.md", nameof(DocumentFormat.Markdown))]
    [InlineData("# Top\n\nText\n\n## Next\n", "readme", nameof(DocumentFormat.Markdown))]
    [InlineData("WEBVTT\n\n00:00.000 --> 00:01.000\nHi", "movie.txt", nameof(DocumentFormat.Subtitles))]
    [InlineData("1\n00:00:01,000 --> 00:00:02,000\nHi\n", "movie", nameof(DocumentFormat.Subtitles))]
    [InlineData("From: a@b.c\nTo: d@e.f\nSubject: Hi\n\nText", "mail", nameof(DocumentFormat.Email))]
    [InlineData("a;b\n1;2\n3;4\n5;6\n", "table", nameof(DocumentFormat.Csv))]
    [InlineData("{\\rtf1 Hi}", "letter.doc", nameof(DocumentFormat.Rtf))]
    [InlineData("#!/bin/sh\necho hi\n", "start", nameof(DocumentFormat.Code))]
    [InlineData("class A { }", "A.cs", nameof(DocumentFormat.Code))]
    [InlineData("Just words, and more words.", "x.pdf", nameof(DocumentFormat.Text))]
    public void Content_decides_before_the_name(string text, string name, string format) =>
        Detect(Encoding.UTF8.GetBytes(text), name).ToString().ShouldBe(format);

    [Fact]
    public void A_wrongly_named_archive_is_recognised_by_its_members()
    {
        Detect(Files.Docx(Files.Paragraph("Hi")), "notes.txt").ShouldBe(DocumentFormat.Docx);
        Detect(Files.Xlsx(), "x.docx").ShouldBe(DocumentFormat.Xlsx);
        Detect(Files.Pptx(), "x.zip").ShouldBe(DocumentFormat.Pptx);
        Detect(Files.Odf("text", ""), "x").ShouldBe(DocumentFormat.Odt);
        Detect(Files.Epub(""), "x.odt").ShouldBe(DocumentFormat.Epub);
        Detect(new PdfFile().Page().Bytes(), "x.html").ShouldBe(DocumentFormat.Pdf);
    }

    [Fact]
    public void The_declared_media_type_counts_where_neither_content_nor_name_tell()
    {
        var result = Read.Open("# One\n\ntext"u8.ToArray(), "download", mediaType: "text/markdown; charset=utf-8");
        result.Value.Format.ShouldBe(DocumentFormat.Markdown);
    }

    [Theory]
    [InlineData("utf-8", false)]
    [InlineData("utf-16", false)]
    [InlineData("utf-16BE", false)]
    [InlineData("utf-32", false)]
    [InlineData("utf-8", true)]
    [InlineData("utf-16", true)]
    [InlineData("utf-32", true)]
    [InlineData("windows-1252", false)]
    public void Every_encoding_gives_the_same_text(string encoding, bool hasMark)
    {
        const string Text = "Grüße aus Köln, çà et là: 10 € pro Stück.";
        var coder = TextEncodings.ByName(encoding)!;
        byte[] file = [.. hasMark ? coder.GetPreamble() : [], .. coder.GetBytes(Text)];
        Read.Blocks(file, "x.txt").ShouldHaveSingleItem().Text.ShouldBe(Text);
    }

    [Fact]
    public void A_page_may_name_its_encoding()
    {
        var page = "<html><head><meta charset=\"windows-1251\"></head><body><p>Привет, мир</p></body></html>";
        Read.Blocks(TextEncodings.ByName("windows-1251")!.GetBytes(page)).ShouldHaveSingleItem().Text.ShouldBe("Привет, мир");
    }

    [Fact]
    public void Shift_JIS_is_told_from_western_text()
    {
        var table = TextEncodings.ByName("shift_jis")!.GetBytes("名前,年齢,住所\n佐藤太郎,30,東京\n三木英子,25,大阪\n");
        Read.Blocks(table, "x.csv").ShouldHaveSingleItem().Text.ShouldContain("佐藤太郎");
        var quoted = TextEncodings.Western.GetBytes("It’s “quite” a naïve café – isn’t it? “No”, he said.");
        Read.Blocks(quoted, "x.txt").ShouldHaveSingleItem().Text.ShouldContain("“quite” a naïve café –");
    }

    [Fact]
    public void A_character_cut_by_the_end_of_the_first_look_spoils_nothing()
    {
        var text = new string('a', (64 * 1024) - 1) + "é " + new string('b', 100);
        Read.Texts(Read.Blocks(text, "x.txt")).ShouldContain("é");
    }

    [Theory]
    [InlineData("89504E470D0A1A0A0000000D", "a PNG image")]
    [InlineData("FFD8FFE000104A46", "a JPEG image")]
    [InlineData("1F8B0800000000000003", "a gzip archive")]
    [InlineData("7F454C460201010000000000", "a Linux program")]
    [InlineData("0001020304050607F8F9FAFBFCFDFEFF", "binary data")]
    public void What_is_not_read_is_named(string hex, string name)
    {
        var fault = Read.Fault(Convert.FromHexString(hex), "x.bin");
        fault.Code.ShouldBe("knowledge.unsupported_format");
        fault.Message.ShouldContain(name);
    }

    [Fact]
    public void An_old_office_file_is_named_and_one_behind_a_password_too()
    {
        var old = Read.Fault(Compound("WordDocument"), "x.doc");
        old.Code.ShouldBe("knowledge.unsupported_format");
        old.Message.ShouldContain("before 2007 (doc)");
        Read.Fault(Compound("EncryptedPackage"), "x.docx").Code.ShouldBe("knowledge.encrypted_document");
    }

    [Theory]
    [InlineData(new byte[0])]
    [InlineData(new byte[] { 0xEF, 0xBB, 0xBF })]
    [InlineData(new byte[] { 32, 10, 9, 10 })]
    public void A_file_without_anything_is_empty(byte[] file) => Read.Fault(file, "x.txt").Code.ShouldBe("knowledge.empty_document");

    private static DocumentFormat Detect(byte[] file, string name) =>
        FormatDetection.Detect(new MemoryStream(file), name, null, ReadLimits.Default).Value.Format;

    // The header of a compound file, and a directory with one name in its first sector.
    private static byte[] Compound(string name)
    {
        var file = new byte[2048];
        Convert.FromHexString("D0CF11E0A1B11AE1").CopyTo(file, 0);
        file[30] = 9;
        Encoding.Unicode.GetBytes(name).CopyTo(file, 512);
        return file;
    }
}
