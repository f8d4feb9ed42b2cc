namespace CodexOS.Knowledge.Index.Queries;

/// <summary>What a part of a query asks for.</summary>
internal enum ClauseKind
{
    Optional,
    Required,
    Excluded,
}

/// <summary>A part of a query: some words, or a phrase in quotes.</summary>
internal readonly record struct QueryClause(string Text, ClauseKind Kind, bool IsPhrase);

/// <summary>Cuts the text of a query at quotes and signs. A quote that is not closed is no quote.</summary>
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
            if (end >= 0) clauses.Add(new QueryClause(text[(at + 1)..end], kind, IsPhrase: true));
            else
            {
                end = at;
                while (end < text.Length && !char.IsWhiteSpace(text[end])) end++;
                clauses.Add(new QueryClause(text[at..end], kind, IsPhrase: false));
            }

            i = plainStart = Math.Min(text.Length, end + 1);
        }

        AddPlain(clauses, text[plainStart..]);
        return clauses;
    }

    private static void AddPlain(List<QueryClause> clauses, string text)
    {
        if (!string.IsNullOrWhiteSpace(text)) clauses.Add(new QueryClause(text, ClauseKind.Optional, IsPhrase: false));
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
