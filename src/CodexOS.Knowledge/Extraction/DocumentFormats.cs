using System.Collections.Frozen;
using System.Text;

namespace CodexOS.Knowledge.Extraction;

/// <summary>The formats that are read.</summary>
internal enum DocumentFormat
{
    Pdf,
    Docx,
    Pptx,
    Xlsx,
    Odt,
    Ods,
    Odp,
    Epub,
    Html,
    Xml,
    Markdown,
    Text,
    Code,
    Csv,
    Json,
    Email,
    Rtf,
    Subtitles,
}

/// <summary>What a file turned out to be.</summary>
/// <param name="Encoding">Of a text format the encoding of its bytes.</param>
internal readonly record struct DetectedFormat(DocumentFormat Format, Encoding? Encoding = null);

/// <summary>The names, extensions and media types of the formats.</summary>
internal static class DocumentFormats
{
    private static readonly FrozenDictionary<string, DocumentFormat> s_byExtension = Table(
        (DocumentFormat.Pdf, "pdf"),
        (DocumentFormat.Docx, "docx docm dotx dotm"),
        (DocumentFormat.Pptx, "pptx pptm ppsx potx"),
        (DocumentFormat.Xlsx, "xlsx xlsm xltx"),
        (DocumentFormat.Odt, "odt ott"),
        (DocumentFormat.Ods, "ods ots"),
        (DocumentFormat.Odp, "odp otp"),
        (DocumentFormat.Epub, "epub"),
        (DocumentFormat.Html, "html htm xhtml"),
        (DocumentFormat.Xml, "xml rss atom svg xsd plist opml"),
        (DocumentFormat.Markdown, "md markdown mdx mkd qmd"),
        (DocumentFormat.Text, "txt text log rst adoc asciidoc org tex"),
        (DocumentFormat.Csv, "csv tsv tab psv"),
        (DocumentFormat.Json, "json jsonl ndjson geojson ipynb webmanifest"),
        (DocumentFormat.Email, "eml mht mhtml"),
        (DocumentFormat.Rtf, "rtf"),
        (DocumentFormat.Subtitles, "vtt srt"),
        (DocumentFormat.Code,
            "c h cc cpp cxx hpp hh cs csx fs fsx vb java kt kts scala groovy go rs swift m mm py pyi rb php pl pm lua r jl "
            + "js mjs cjs jsx ts mts cts tsx vue svelte css scss less sql sh bash zsh ps1 bat cmd yaml yml toml ini cfg "
            + "conf properties env tf hcl proto graphql dockerfile makefile cmake gradle csproj slnx sln razor cshtml "
            + "hs ml mli ex exs erl clj cljs lisp el dart zig nim asm s v vhd"));

    private static readonly FrozenDictionary<string, DocumentFormat> s_byMediaType = Table(
        (DocumentFormat.Pdf, "application/pdf"),
        (DocumentFormat.Html, "text/html application/xhtml+xml"),
        (DocumentFormat.Xml, "application/xml text/xml application/rss+xml application/atom+xml"),
        (DocumentFormat.Markdown, "text/markdown"),
        (DocumentFormat.Csv, "text/csv text/tab-separated-values"),
        (DocumentFormat.Json, "application/json application/x-ndjson application/jsonl"),
        (DocumentFormat.Email, "message/rfc822"),
        (DocumentFormat.Rtf, "application/rtf text/rtf"),
        (DocumentFormat.Subtitles, "text/vtt application/x-subrip"),
        (DocumentFormat.Code,
            "text/javascript application/javascript application/typescript text/css application/sql application/x-sh "
            + "text/x-python text/x-csharp text/x-c text/x-java-source application/yaml text/yaml application/toml"));

    /// <summary>The format in words, as messages name it.</summary>
    public static string NameOf(DocumentFormat format) => format switch
    {
        DocumentFormat.Pdf => "PDF",
        DocumentFormat.Docx => "a Word document",
        DocumentFormat.Pptx => "a PowerPoint presentation",
        DocumentFormat.Xlsx => "an Excel workbook",
        DocumentFormat.Odt => "an OpenDocument text",
        DocumentFormat.Ods => "an OpenDocument spreadsheet",
        DocumentFormat.Odp => "an OpenDocument presentation",
        DocumentFormat.Epub => "an EPUB book",
        DocumentFormat.Html => "HTML",
        DocumentFormat.Xml => "XML",
        DocumentFormat.Markdown => "Markdown",
        DocumentFormat.Text => "text",
        DocumentFormat.Code => "source code",
        DocumentFormat.Csv => "a table of separated values",
        DocumentFormat.Json => "JSON",
        DocumentFormat.Email => "an e-mail",
        DocumentFormat.Rtf => "rich text (RTF)",
        DocumentFormat.Subtitles => "subtitles",
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    /// <summary>What a name's extension promises; files such as Makefile are named by the whole.</summary>
    public static DocumentFormat? ByName(string fileName)
    {
        var name = Path.GetFileName(fileName);
        var extension = Path.GetExtension(name).TrimStart('.');
        return Find(s_byExtension, extension.Length > 0 ? extension : name);
    }

    /// <summary>What a media type promises; its parameters do not count.</summary>
    public static DocumentFormat? ByMediaType(string? mediaType) =>
        mediaType is null ? null : Find(s_byMediaType, mediaType.Split(';')[0].Trim());

    private static DocumentFormat? Find(FrozenDictionary<string, DocumentFormat> table, string key) =>
        table.TryGetValue(key, out var format) ? format : null;

    private static FrozenDictionary<string, DocumentFormat> Table(params (DocumentFormat Format, string Names)[] rows) =>
        rows.SelectMany(row => row.Names.Split(' ').Select(name => KeyValuePair.Create(name, row.Format)))
            .ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);
}
