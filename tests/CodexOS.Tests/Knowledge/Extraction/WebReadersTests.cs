using CodexOS.Knowledge.Extraction;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Knowledge.Extraction;

public sealed class WebReadersTests
{
    [Fact]
    public void A_page_is_read_without_what_stands_on_every_page()
    {
        using var document = Read.Document("""
            <!doctype html><html><head><title>A &amp; B</title><meta name="author" content="Ada"><style>p{}</style></head>
            <body><nav><ul><li>Home</ul></nav><div hidden>not seen</div><div style="display: none">nor this</div>
            <h1>Top</h1><p>One<br>two &eacute;&#8364;&#x41; a&nbsp;b</p><script>var a = "<p>no</p>";</script>
            <ul><li>x<ol><li>y</ol></ul><blockquote>q</blockquote><pre>  a
              b</pre><footer>imprint</footer></body></html>
            """u8.ToArray());
        (document.Title, document.Metadata.Author).ShouldBe(("A & B", "Ada"));
        document.Blocks().ShouldBe([
            new Block(BlockKind.Heading, "Top", 1),
            new Block(BlockKind.Paragraph, "One\ntwo é€A a b"),
            new Block(BlockKind.ListItem, "x", 1),
            new Block(BlockKind.ListItem, "1. y", 2),
            new Block(BlockKind.Quote, "q"),
            new Block(BlockKind.Code, "  a\n  b"),
        ]);
    }

    [Fact]
    public void The_main_part_is_what_a_page_is_about()
    {
        Read.Texts(Read.Blocks("<html><body><p>Menu</p><main><p>Story</p></main><p>More stories</p></body></html>", "x.html"))
            .ShouldBe("Story");
        Read.Texts(Read.Blocks("<html><body><main></main><p>All there is</p></body></html>", "x.html")).ShouldBe("All there is");
    }

    [Fact]
    public void Tables_keep_spans_and_layout_is_no_table()
    {
        Read.Blocks("""
            <html><table><tr><th>a<th colspan=2>b</tr><tr><td rowspan=2>1<td>2<td>3</tr><tr><td>4<td>5</tr></table>
            <table><tr><td><p>Only <b>layout</b></p></td></tr></table></html>
            """, "x.html").ShouldBe([
            new Block(BlockKind.Table, "| a | b |  |\n| --- | --- | --- |\n| 1 | 2 | 3 |\n| 1 | 4 | 5 |"),
            new Block(BlockKind.Paragraph, "Only layout"),
        ]);
    }

    [Theory]
    [InlineData("<html><p>a<p>b", "a\nb")]
    [InlineData("<html><p>1 < 2 && 3 > 2</p>", "1 < 2 && 3 > 2")]
    [InlineData("<html><p class=\"x>y\" id='a'>t</p>", "t")]
    [InlineData("<html><p>a<!-- <p>no --> b</p>", "a b")]
    [InlineData("<html><p>&notanentity; &amp</p>", "&notanentity; &")]
    [InlineData("<html><p>cut <b", "cut")]
    [InlineData("<html><script>never closed <p>x", "")]
    [InlineData("<html><p>in<b>line</b>s <i>and</i> words</p>", "inlines and words")]
    public void Broken_markup_is_read_as_far_as_it_goes(string page, string text)
    {
        var result = Read.Open(System.Text.Encoding.UTF8.GetBytes(page), "x.html");
        (result.TryGet(out var document, out _) ? Read.Texts(document.Blocks()) : "").ShouldBe(text);
    }

    [Fact]
    public void A_book_is_read_along_its_spine()
    {
        using var book = Read.Document(Files.Epub(
            "<itemref idref=\"b\"/><itemref idref=\"nav\"/><itemref idref=\"a\"/>",
            ("OEBPS/nav.xhtml", "<html><body><p>Contents</p></body></html>"),
            ("OEBPS/a one.xhtml", "<html><head><title>t</title></head><body><h1>Two</h1></body></html>"),
            ("OEBPS/b.xhtml", "<html><body><h1>One</h1><p>Text</p></body></html>")));
        (book.Title, book.Metadata.Author).ShouldBe(("A Book", "Ada"));
        book.Blocks().ShouldBe([
            new Block(BlockKind.Heading, "One", 1, new Place(PlaceKind.Chapter, 1)),
            new Block(BlockKind.Paragraph, "Text", 0, new Place(PlaceKind.Chapter, 1)),
            new Block(BlockKind.Heading, "Two", 1, new Place(PlaceKind.Chapter, 2)),
        ]);
        book.Title.ShouldBe("A Book");
    }

    [Fact]
    public void A_feed_has_a_paragraph_for_each_entry()
    {
        Read.Blocks("""
            <?xml version="1.0"?><rss version="2.0"><channel><title>News</title>
            <item><title>One</title><description>&lt;p&gt;Bold &lt;b&gt;claim&lt;/b&gt;&lt;/p&gt;</description></item>
            <item><title>Two</title></item></channel></rss>
            """, "feed.xml").Select(block => block.Text).ShouldBe([
            "rss: version=2.0\ntitle: News\ntitle: One\ndescription: Bold claim", "title: Two"]);
    }
}
