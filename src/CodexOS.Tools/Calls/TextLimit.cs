namespace CodexOS.Tools.Calls;

/// <summary>Cuts what a model reads to a length: the beginning and the end stay, where the news usually is.</summary>
internal static class TextLimit
{
    /// <summary>The text, or its beginning and end around a line that says how much is missing.</summary>
    public static string Cut(string text, int lengthMax)
    {
        if (text.Length <= lengthMax) return text;
        var marker = $"\n[… {text.Length - lengthMax} characters or more are cut here …]\n";
        if (marker.Length >= lengthMax) return text[..Whole(text, lengthMax)];
        var kept = lengthMax - marker.Length;
        var head = Whole(text, kept * 2 / 3);
        var tail = text.Length - (kept - (kept * 2 / 3));
        if (char.IsLowSurrogate(text[tail])) tail++;
        return $"{text.AsSpan(0, head)}{marker}{text.AsSpan(tail)}";
    }

    private static int Whole(string text, int end) => end > 0 && char.IsHighSurrogate(text[end - 1]) ? end - 1 : end;
}
