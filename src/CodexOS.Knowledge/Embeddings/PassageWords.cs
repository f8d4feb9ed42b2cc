namespace CodexOS.Knowledge.Embeddings;

/// <summary>A passage as models are shown it: with what it stands under, which says of what it speaks.</summary>
internal static class PassageWords
{
    public static string Of(string? title, IEnumerable<string> headings, string words)
    {
        var above = new[] { title }.Concat(headings).Where(static one => !string.IsNullOrWhiteSpace(one));
        var heading = string.Join(" > ", above.Distinct(StringComparer.Ordinal));
        return heading.Length == 0 ? words : $"{heading}\n{words}";
    }
}
