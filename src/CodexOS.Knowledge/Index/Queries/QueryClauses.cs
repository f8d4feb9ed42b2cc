using System.Runtime.InteropServices;

namespace CodexOS.Knowledge.Index.Queries;

/// <summary>What a part of a query asks for.</summary>
internal enum ClauseKind
{
    Optional,
    Required,
    Excluded,
}

/// <summary>A part of a query: some words, or a phrase in quotes.</summary>
/// <param name="Text">The words, without signs.</param>
/// <param name="Kind">What it asks for.</param>
/// <param name="IsPhrase">Whether it is in quotes.</param>
/// <param name="Boost">How many times its words count.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct QueryClause(string Text, ClauseKind Kind, bool IsPhrase, double Boost = 1);

/// <summary>
/// Cuts the text of a query at quotes, signs and factors (<c>word^2</c>). A quote that is not closed is no quote.
/// </summary>
internal static class QueryClauses
{
    /// <summary>What is looked for, without signs and without what is not wanted.</summary>
    public static string PlainTextOf(string text) => string.Join(
        ' ', Of(text).Where(static clause => clause.Kind != ClauseKind.Excluded).Select(static clause => clause.Text));

    public static List<QueryClause> Of(string text)
    {
        var clauses = new List<QueryClause>();
        var plainStart = 0;
        for (var i = 0; i < text.Length;)
        {
            var isStart = i == 0 || char.IsWhiteSpace(text[i - 1]) || text[i - 1] is '(';
            var sign = isStart && i + 1 < text.Length && IsWordOrQuote(text[i + 1]) ? text[i] : ' ';
            var kind = sign switch
            {
                '+' => ClauseKind.Required,
                '-' => ClauseKind.Excluded,
                _ => ClauseKind.Optional,
            };
            var at = kind == ClauseKind.Optional ? i : i + 1;
            var end = IsQuote(text[at]) ? CloseOf(text, at) : -1;
            if (end < 0 && kind == ClauseKind.Optional)
            {
                i++;
                continue;
            }

            AddPlain(clauses, text[plainStart..i]);
            if (end >= 0)
            {
                var (boost, length) = QueryFactor.At(text, end + 1);
                clauses.Add(new QueryClause(text[(at + 1)..end], kind, IsPhrase: true, boost));
                end += length;
            }
            else
            {
                end = at;
                while (end < text.Length && !char.IsWhiteSpace(text[end])) end++;
                var (word, boost) = QueryFactor.Of(text[at..end]);
                clauses.Add(new QueryClause(word, kind, IsPhrase: false, boost));
            }

            i = plainStart = Math.Min(text.Length, end + 1);
        }

        AddPlain(clauses, text[plainStart..]);
        return clauses;
    }

    /// <summary>Adds words without signs; one that has a factor is a part by itself.</summary>
    private static void AddPlain(List<QueryClause> clauses, string text)
    {
        var start = 0;
        if (text.Contains(QueryFactor.Sign, StringComparison.Ordinal))
        {
            foreach (var range in text.AsSpan().SplitAny(' ', '\t', '\r', '\n'))
            {
                var (word, boost) = QueryFactor.Of(text[range]);
                if (word.Length == text[range].Length) continue;
                Add(text[start..range.Start.Value], 1);
                Add(word, boost);
                start = range.End.Value;
            }
        }

        Add(text[start..], 1);

        void Add(string words, double boost)
        {
            if (!string.IsNullOrWhiteSpace(words))
                clauses.Add(new QueryClause(words, ClauseKind.Optional, IsPhrase: false, boost));
        }
    }

    private static int CloseOf(string text, int open)
    {
        for (var i = open + 1; i < text.Length; i++)
        {
            if (IsQuote(text[i])) return i;
        }

        return -1;
    }

    private static bool IsQuote(char character) => character is '"' or '“' or '”' or '„' or '«' or '»' or '「' or '」';

    private static bool IsWordOrQuote(char character) => char.IsLetterOrDigit(character) || IsQuote(character);
}
