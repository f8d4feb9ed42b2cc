using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using CodexOS.Knowledge.Extraction.Data;

namespace CodexOS.Knowledge.Extraction;

/// <summary>Tells the formats that are texts apart.</summary>
internal static partial class TextFormats
{
    private const int MarkupLookMax = 4096;

    /// <summary>The format of a text.</summary>
    /// <param name="head">The beginning of the text.</param>
    /// <param name="isWhole">Whether that is all of it.</param>
    /// <param name="named">What its name or media type says, if it is a text format.</param>
    public static DocumentFormat Find(string head, bool isWhole, DocumentFormat? named)
    {
        var start = head.AsSpan().TrimStart();
        if (start.StartsWith("WEBVTT", StringComparison.Ordinal)) return DocumentFormat.Subtitles;
        if (start.StartsWith("{\\rtf", StringComparison.Ordinal)) return DocumentFormat.Rtf;

        // Source files show markup and data of every kind in their first lines.
        if (named is DocumentFormat.Code) return DocumentFormat.Code;
        if (Markup(start) is { } markup && named is not DocumentFormat.Markdown) return markup;
        if (SubtitleStart().IsMatch(head)) return DocumentFormat.Subtitles;
        if (named is DocumentFormat.Markdown or DocumentFormat.Email or DocumentFormat.Rtf)
            return named is DocumentFormat.Rtf ? DocumentFormat.Text : named.Value;
        if (start[0] is '{' or '[' && IsJson(start, isWhole)) return DocumentFormat.Json;
        return named switch
        {
            DocumentFormat.Json or DocumentFormat.Csv or DocumentFormat.Html or DocumentFormat.Xml => named.Value,
            DocumentFormat.Text => DocumentFormat.Text,
            _ => Guess(head),
        };
    }

    private static DocumentFormat Guess(string head)
    {
        if (head.StartsWith("#!", StringComparison.Ordinal)) return DocumentFormat.Code;
        if (MailStart().IsMatch(head)) return DocumentFormat.Email;
        if (MarkdownSigns().Count(head) >= 2) return DocumentFormat.Markdown;
        return Delimiters.IsTable(head) ? DocumentFormat.Csv : DocumentFormat.Text;
    }

    private static DocumentFormat? Markup(ReadOnlySpan<char> start)
    {
        if (start[0] != '<') return null;
        var look = start[..Math.Min(start.Length, MarkupLookMax)].ToString();
        if (HtmlStart().IsMatch(look)) return DocumentFormat.Html;
        return look.StartsWith("<?xml", StringComparison.Ordinal) ? DocumentFormat.Xml : null;
    }

    private static bool IsJson(ReadOnlySpan<char> start, bool isWhole)
    {
        var bytes = Encoding.UTF8.GetBytes(start.ToString());
        var reader = new Utf8JsonReader(bytes, new JsonReaderOptions
        {
            AllowMultipleValues = true,
            CommentHandling = JsonCommentHandling.Skip,
            AllowTrailingCommas = true,
            MaxDepth = 1_000,
        });

        // A head that was cut, or a file that was, still is JSON when it began as such.
        var tokens = 0;
        try
        {
            while (reader.Read()) tokens++;
            return tokens > 1;
        }
        catch (JsonException)
        {
            return tokens >= (isWhole ? 4 : 16);
        }
    }

    [GeneratedRegex(@"^(<\?xml[^>]*>\s*)?(<!--[\s\S]*?-->\s*)*(<!doctype\s+html|<html[\s>]|<head[\s>]|<body[\s>]|<(div|p|h[1-6]|table|article|ul|ol|span|meta|title)[\s>])",
        RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, 500)]
    private static partial Regex HtmlStart();

    [GeneratedRegex(@"\A\s*\d+\s*\r?\n\d{1,2}:\d{2}:\d{2}[,.]\d{3}\s+-->\s", RegexOptions.None, 500)]
    private static partial Regex SubtitleStart();

    [GeneratedRegex(@"\A(?=(?:.*\r?\n){0,40}?(?:From|Date|Subject|Received|Message-ID):)(?:(?:[A-Za-z][A-Za-z0-9-]*:[ \t].*|[ \t]+\S.*)\r?\n){3,}",
        RegexOptions.IgnoreCase, 500)]
    private static partial Regex MailStart();

    [GeneratedRegex(@"^(#{1,6} \S|```|\s*[-*] \S.*\[.+\]\(|\|.*\|\s*\r?\n\|[ :|-]+\|)", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 500)]
    private static partial Regex MarkdownSigns();
}
