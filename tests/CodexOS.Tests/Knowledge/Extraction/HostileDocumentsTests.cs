using System.IO.Compression;
using System.Text;
using CodexOS.Knowledge.Extraction;
using CodexOS.Testing;
using CsCheck;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Knowledge.Extraction;

/// <summary>Whatever a file holds, reading it ends, and ends in blocks or in a fault that says what is wrong.</summary>
public sealed class HostileDocumentsTests
{
    [Fact]
    public void An_archive_that_swells_beyond_reason_is_refused()
    {
        using var file = new MemoryStream();
        using (var zip = new ZipArchive(file, ZipArchiveMode.Create, leaveOpen: true))
        using (var part = zip.CreateEntry("word/document.xml").Open())
        {
            part.Write("<w:document xmlns:w=\"w\"><w:body><w:p><w:r><w:t>"u8);
            var zeros = new byte[1024 * 1024];
            Array.Fill(zeros, (byte)'0');
            for (var i = 0; i < 8; i++) part.Write(zeros);
            part.Write("</w:t></w:r></w:p></w:body></w:document>"u8);
        }

        var fault = Read.Fault(file.ToArray(), "bomb.docx");
        fault.Code.ShouldBe("knowledge.document_too_large");
        fault.Message.ShouldContain("made to do harm");
    }

    [Fact]
    public void An_archive_has_limits_of_size_and_of_members()
    {
        var file = Files.Docx(Files.Paragraph(new string('x', 4_000)));
        Read.Fault(file, limits: new ReadLimits { ArchiveSizeBytesMax = 2_000 }).Code.ShouldBe("knowledge.document_too_large");
        Read.Fault(file, limits: new ReadLimits { ArchiveMembersMax = 3 }).Message.ShouldContain("3 files");
    }

    [Fact]
    public void An_archive_inside_an_archive_is_not_opened()
    {
        var fault = Read.Fault(Files.Zip(("inner.docx", "PK"), ("readme.txt", "hi")), "all.docx");
        fault.Code.ShouldBe("knowledge.unsupported_format");
        fault.Message.ShouldContain("a ZIP archive");
    }

    [Fact]
    public void An_archive_cut_short_is_damaged_and_says_what_is_missing()
    {
        var file = Files.Docx(Files.Paragraph("text"));
        var fault = Read.Fault(file[..(file.Length / 2)], "x.docx");
        fault.Code.ShouldBe("knowledge.damaged_document");
        fault.Message.ShouldContain("list of files");
        Read.Fault(Files.Zip(("word/document.xml", "<w:document><w:p")), "x.docx").Message.ShouldContain("well-formed");
        Read.Fault(Files.Zip(("mimetype", "application/epub+zip")), "x").Message.ShouldContain("META-INF/container.xml");
        Read.Fault("%PDF-1.7 and then nothing of the kind"u8.ToArray()).Code.ShouldBe("knowledge.damaged_document");
        Read.Fault(new PdfFile().Page((9, 9, 9, "x")).Bytes()[..60]).Code.ShouldBe("knowledge.damaged_document");
        Read.Fault("{\"a\": [1, 2, {\"b\": }]}"u8.ToArray(), "x.json").Message.ShouldContain("line 1");
        Read.Fault(new byte[] { 0x89, 1, 2, 3, 0, 0, 0, 9 }, "x.pdf").Code.ShouldBe("knowledge.damaged_document");
    }

    [Fact]
    public void Protected_archives_are_named_as_such()
    {
        var odf = Files.Zip(
            ("mimetype", "application/vnd.oasis.opendocument.text"), ("content.xml", "x"),
            ("META-INF/manifest.xml", "<m><file-entry><encryption-data/></file-entry></m>"));
        Read.Fault(odf).Code.ShouldBe("knowledge.encrypted_document");
        var book = Files.Epub("<itemref idref=\"b\"/>", ("OEBPS/b.xhtml", "x"),
            ("META-INF/encryption.xml", "<e><CipherReference URI=\"OEBPS/b.xhtml\"/></e>"));
        Read.Fault(book).Code.ShouldBe("knowledge.encrypted_document");
    }

    [Fact]
    public void A_document_type_with_entities_is_refused()
    {
        const string Bomb = "<?xml version=\"1.0\"?><!DOCTYPE d [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;\">]>";
        var fault = Read.Fault(Files.Zip(("word/document.xml", Bomb + "<d>&b;</d>")), "x.docx");
        fault.Code.ShouldBe("knowledge.damaged_document");
        Read.Fault(Encoding.UTF8.GetBytes(Bomb + "<d>&b;</d>"), "x.xml").Code.ShouldBe("knowledge.damaged_document");
        var outside = "<?xml version=\"1.0\"?><!DOCTYPE d SYSTEM \"file:///etc/passwd\"><d>ok</d>";
        Read.Blocks(outside, "x.xml").ShouldHaveSingleItem().Text.ShouldBe("d: ok");
    }

    public static TheoryData<string, string> DeepDocuments() => new()
    {
        { "x.json", Nest("[", "]") },
        { "x.json", Nest("{\"a\":", "}", "1") },
        { "x.html", "<html>" + Nest("<div>", "</div>", "deep") },
        { "x.html", "<html>" + Nest("<table><tr><td>", "</td></tr></table>", "deep") },
        { "x.html", "<html>" + Nest("<svg>", "", "deep") },
        { "x.html", "<html>" + Nest("<ul><li>", "", "deep") },
        { "x.md", Nest("> ", "", "deep", 10_000) },
        { "x.md", Nest("[", "](a)", "deep", 10_000) },
        { "x.md", Nest("**a ", "", "deep", 10_000) },
        { "x.md", string.Join("\n", Enumerable.Range(0, 2_000).Select(i => new string(' ', i * 2) + "- x")) },
        { "x.rtf", "{\\rtf1 " + Nest("{", "}", "deep") },
        { "x.xml", "<?xml version=\"1.0\"?>" + Nest("<a>", "</a>", "deep") },
        { "x.eml", "From: a@b.c\nSubject: x\nTo: x@y.z\n" + string.Concat(Enumerable.Range(0, 5_000).Select(i =>
            $"Content-Type: multipart/mixed; boundary=b{i}\n\n--b{i}\n")) + "\ntext" },
    };

    [Theory]
    [MemberData(nameof(DeepDocuments))]
    public void Nesting_without_end_ends(string name, string text)
    {
        var result = Read.Open(Encoding.UTF8.GetBytes(text), name);
        if (!result.TryGet(out var document, out var fault))
        {
            fault.Code.ShouldBeOneOf(
                "knowledge.document_too_large", "knowledge.damaged_document", "knowledge.empty_document");
            return;
        }

        using (document)
        {
            document.Blocks().Count().ShouldBeLessThan(200_000);
            (document.Fault?.Code ?? "knowledge.document_too_large").ShouldStartWith("knowledge.");
        }
    }

    [Fact]
    public void Nesting_inside_an_office_file_is_refused_by_its_limit()
    {
        var fault = Read.Fault(Files.Docx(Nest("<w:sdt>", "</w:sdt>")));
        fault.Code.ShouldBe("knowledge.document_too_large");
        fault.Message.ShouldContain("inside one another");
    }

    [Fact]
    public void Nesting_inside_a_PDF_ends()
    {
        var file = new PdfFile { Trailer = "/X " + Nest("[", "]") }.Page((50, 700, 10, "text"));
        var drawn = new PdfFile().Page((50, 700, 10, "text")).Drawn(Nest("[ ", "] ") + " TJ " + Nest("q ", "Q ") + Nest("<< /A ", ">> "));
        foreach (var bytes in new[] { file.Bytes(), drawn.Bytes() })
        {
            if (Read.Open(bytes).TryGet(out var document, out _)) document.Blocks().Count().ShouldBeLessThan(10);
        }
    }

    [Fact]
    public void NUL_bytes_and_controls_never_reach_the_text()
    {
        var text = Read.Texts(Read.Blocks("before\0after \u0007bell\u200E, some more words to make it text " + new string('x', 400), "x.txt"));
        text.ShouldStartWith("beforeafter bell");
        Read.Texts(Read.Blocks("{\"a\": \"x\\u0000y\\ud800z\"}", "x.json")).ShouldNotContain('\0');
    }

    [Fact]
    public void Limits_of_characters_and_blocks_end_the_reading_and_keep_what_was_read()
    {
        var text = Encoding.UTF8.GetBytes(string.Join("\n\n", Enumerable.Repeat("some words", 2_000)));
        using var document = Read.Document(text, "x.txt", new ReadLimits { CharactersMax = 1_000 });
        document.Blocks().Count().ShouldBe(100);
        document.Fault!.Code.ShouldBe("knowledge.document_too_large");
        Read.Fault(text, "x.txt", new ReadLimits { BlocksMax = 10 }).Message.ShouldContain("10 parts");
    }

    [Fact]
    public void Reading_stops_when_it_is_cancelled()
    {
        using var cancellation = new CancellationTokenSource();
        var text = Encoding.UTF8.GetBytes(string.Join("\n\n", Enumerable.Repeat("some words", 2_000)));
        using var document = Read.Open(text, "x.txt", cancellationToken: cancellation.Token).Value;
        using var blocks = document.Blocks().GetEnumerator();
        blocks.MoveNext().ShouldBeTrue();
        cancellation.Cancel();
        Should.Throw<OperationCanceledException>(() =>
        {
            while (blocks.MoveNext())
            {
            }
        });
    }

    [Fact]
    public void Only_the_time_of_the_reader_counts_against_its_limit()
    {
        var clock = Clocks.AtNoon();
        var limits = new ReadLimits { TimeMax = TimeSpan.FromSeconds(1) };
        var file = new MemoryStream(Encoding.UTF8.GetBytes(string.Join("\n\n", Enumerable.Repeat("some words", 2_000))));
        using var patient = new DocumentExtractor(clock).Extract(file, "x.txt", null, limits, default).Value;
        foreach (var _ in patient.Blocks()) clock.Advance(TimeSpan.FromMinutes(1));
        patient.Fault.ShouldBeNull();

        var slow = new SlowStream(file, clock);
        using var late = new DocumentExtractor(clock).Extract(slow, "x.txt", null, limits, default).Value;
        late.Blocks().Count().ShouldBeLessThan(2_000);
        late.Fault!.Code.ShouldBe("knowledge.document_time_limit");
    }

    [Fact]
    public void Blocks_are_read_as_they_are_asked_for()
    {
        var text = Enumerable.Range(0, 10_000_000).Select(i => (byte)(i % 11 < 9 ? 'x' : '\n')).ToArray();
        var file = new SlowStream(new MemoryStream(text), null);
        using var document = new DocumentExtractor(TimeProvider.System)
            .Extract(file, "x.txt", null, ReadLimits.Default, default).Value;
        document.Blocks().Take(100).Count().ShouldBe(100);
        file.ReadBytes.ShouldBeLessThan(1_000_000);
    }

    private static readonly string[] s_names =
        ["x.pdf", "x.docx", "x.xlsx", "x.pptx", "x.epub", "x.rtf", "x.html", "x.md", "x.json", "x.csv", "x.eml"];

    private static readonly byte[][] s_files =
    [
        new PdfFile().Page((50, 700, 10, "Some words."), (50, 688, 10, "More words.")).Bytes(),
        Files.Docx(Files.Paragraph("Top", "H1") + Files.Paragraph("text")),
        Files.Xlsx(("S", "visible", "<row r=\"1\"><c r=\"A1\" t=\"s\"><v>0</v></c></row>")),
        Files.Pptx((Files.Shape("title", "First"), "note")),
        Files.Epub("<itemref idref=\"b\"/>", ("OEBPS/b.xhtml", "<h1>One</h1>")),
        Encoding.ASCII.GetBytes("{\\rtf1{\\fonttbl{\\f0 A;}}\\trowd a\\cell\\row\\par \\u8364?\\'e9}"),
        "<html><table><tr><td rowspan=3>a<td>b</table><p title='x'>c&eacute;"u8.ToArray(),
        "# a\n\n- b\n  - c\n\n|a|b|\n|-|-|\n|1|2|\n\n```\nx\n```\n"u8.ToArray(),
        "[{\"a\": [1, true, null, \"x\\n\"]}, {}]"u8.ToArray(),
        "a,b\n\"c\",\"d\"\"e\"\n"u8.ToArray(),
        "From: a@b.c\nTo: d@e.f\nSubject: =?utf-8?q?x?=\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\ntext\n--b--\n"u8.ToArray(),
    ];

    [Fact]
    public void A_stream_stays_open_for_its_owner()
    {
        for (var i = 0; i < s_files.Length; i++)
        {
            using var stream = new MemoryStream(s_files[i]);
            using (var document = new DocumentExtractor(TimeProvider.System)
                .Extract(stream, s_names[i], null, ReadLimits.Default, default).Value)
            {
                document.Blocks().ShouldNotBeEmpty();
            }

            stream.CanRead.ShouldBeTrue(s_names[i]);
        }
    }

    [Fact]
    public void Any_change_to_a_file_ends_in_blocks_or_in_a_fault()
    {
        Gen.Select(Gen.Int[0, s_files.Length - 1], Gen.Int[0, 1_000_000], Gen.Byte, Gen.Int[0, 3]).Sample(
            (file, at, value, kind) =>
            {
                var bytes = s_files[file].ToArray();
                at %= bytes.Length;
                bytes = kind switch
                {
                    0 => bytes[..at],
                    1 => [.. bytes[..at], value, .. bytes[at..]],
                    2 => [.. bytes[..at], .. bytes[Math.Min(bytes.Length, at + value)..]],
                    _ => [.. bytes[..at], value, .. bytes[(at + 1)..]],
                };
                var result = Read.Open(bytes, s_names[file]);
                if (!result.TryGet(out var document, out var fault)) return fault.Code.StartsWith("knowledge.", StringComparison.Ordinal);
                using (document) return document.Blocks().All(block => block.Text.Length > 0);
            },
            iter: 1_500);
    }

    private static string Nest(string open, string close, string inside = "", int times = 50_000) =>
        string.Concat(Enumerable.Repeat(open, times)) + inside + string.Concat(Enumerable.Repeat(close, times));

    /// <summary>A stream of which every read takes half a second of the clock, and which counts what was read.</summary>
    private sealed class SlowStream(MemoryStream inner, Microsoft.Extensions.Time.Testing.FakeTimeProvider? clock) : Stream
    {
        public long ReadBytes { get; private set; }

        public override bool CanRead => true;

        public override bool CanSeek => true;

        public override bool CanWrite => false;

        public override long Length => inner.Length;

        public override long Position { get => inner.Position; set => inner.Position = value; }

        public override int Read(byte[] buffer, int offset, int count)
        {
            clock?.Advance(TimeSpan.FromSeconds(0.5));
            var read = inner.Read(buffer, offset, count);
            ReadBytes += read;
            return read;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => inner.Seek(offset, origin);

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
