using System.Globalization;
using System.Runtime.InteropServices;
using CodexOS.Knowledge.Extraction;

namespace CodexOS.Knowledge.Chunking;

/// <summary>A stretch of a text.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct Stretch(int Start, int Length)
{
    public int End => Start + Length;
}

/// <summary>
/// Cuts a text that is too long for one passage, where the text pauses: between paragraphs, else lines, else sentences,
/// else words, and only when there is nothing else between two signs, never within one.
/// </summary>
internal static class TextCutter
{
    // The kinds of pauses, the stronger the higher.
    private enum Pause
    {
        None,
        Sign,
        Word,
        Clause,
        Sentence,
        Line,
        Paragraph,
    }

    private const int Pauses = 7;

    /// <summary>The stretches of a text, in order; together they hold all of it but the white space between them.</summary>
    /// <param name="room">The tokens left for the first stretch; each further one has the target.</param>
    public static IEnumerable<Stretch> Cut(string text, BlockKind kind, int room, int target, int overlapMax)
    {
        var start = 0;
        var done = 0;
        while (done < text.Length)
        {
            var end = FindEnd(text, kind, start, done, room);
            yield return Trimmed(text, start, end);
            done = PassBlank(text, end);
            if (done >= text.Length) yield break;
            start = overlapMax > 0 && kind is not (BlockKind.Table or BlockKind.Code)
                ? FindOverlap(text, start, end, overlapMax) is { } overlap ? overlap : done
                : done;
            room = target;
        }
    }

    /// <summary>The sentences and lines of a text, in order, without the white space between them.</summary>
    public static IEnumerable<Stretch> Sentences(string text)
    {
        var start = PassBlank(text, 0);
        for (var i = start; i < text.Length; i++)
        {
            if (PauseAfter(text, i, BlockKind.Paragraph) < Pause.Sentence) continue;
            if (i + 1 > start && Trimmed(text, start, i + 1, isWhole: true) is { Length: > 0 } sentence) yield return sentence;
            start = PassBlank(text, i + 1);
            i = Math.Max(i, start - 1);
        }

        if (start < text.Length && Trimmed(text, start, text.Length, isWhole: true) is { Length: > 0 } last) yield return last;
    }

    private static int FindEnd(string text, BlockKind kind, int start, int done, int room)
    {
        var estimate = new TokenEstimate();
        Span<int> best = stackalloc int[Pauses];
        best.Clear();
        for (var i = start; i < text.Length; i++)
        {
            estimate.Add(text[i]);
            if (estimate.Tokens > room && i > done) return Choose(text, best, start, done, i);

            // A pause in the first third would leave a passage too small to say anything.
            if (i + 1 > done && (estimate.Tokens * 3 > room || best[(int)Pause.Sign] == 0))
                best[(int)PauseAfter(text, i, kind)] = i + 1;
        }

        return text.Length;
    }

    private static int Choose(string text, Span<int> best, int start, int done, int limit)
    {
        for (var pause = (int)Pause.Paragraph; pause > (int)Pause.Sign; pause--)
        {
            // A strong pause is worth a shorter passage; a weak one must not be far back.
            if (best[pause] > done && (best[pause] - start) * 2 >= (limit - start) * (pause >= (int)Pause.Sentence ? 1 : 0))
                return best[pause];
        }

        return BetweenSigns(text, done, limit);
    }

    // A sign may be several characters: surrogates, marks, joined emoji. One longer than a passage is cut all the same.
    private static int BetweenSigns(string text, int done, int limit)
    {
        const int SignLengthMax = 64;
        for (var at = Math.Max(done + 1, limit - SignLengthMax); at < limit;)
        {
            var next = at + StringInfo.GetNextTextElementLength(text.AsSpan(at));
            if (next >= limit) return IsWithinSign(text, at) ? limit - (char.IsLowSurrogate(text[limit]) ? 1 : 0) : at;
            at = next;
        }

        if (!char.IsLowSurrogate(text[limit])) return limit;
        return limit - 1 > done ? limit - 1 : limit + 1;
    }

    private static bool IsWithinSign(string text, int at) => char.IsLowSurrogate(text[at])
        || CharUnicodeInfo.GetUnicodeCategory(text, at) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark;

    private static Pause PauseAfter(string text, int i, BlockKind kind)
    {
        var c = text[i];
        if (c == '\n')
        {
            var isParagraph = i > 0 && text[i - 1] == '\n';
            return isParagraph ? Pause.Paragraph : Pause.Line;
        }

        if (kind is BlockKind.Table) return char.IsWhiteSpace(c) ? Pause.Word : Pause.None;
        if (IsWideStop(c)) return Pause.Sentence;
        if (c is '、' or '，' or '；') return Pause.Clause;
        if (!char.IsWhiteSpace(c)) return TokenEstimate.IsIdeographic(c) ? Pause.Sign : Pause.None;
        if (i == 0 || kind is BlockKind.Code) return Pause.Word;
        var before = text[i - 1];
        if (before is '"' or '\'' or ')' or ']' or '”' or '’' or '»' && i > 1) before = text[i - 2];
        return before switch
        {
            '.' or '!' or '?' or '…' or '؟' or '۔' or '।' => IsSentenceStart(text, i + 1) ? Pause.Sentence : Pause.Word,
            ';' or ':' or ',' or '،' or '؛' => Pause.Clause,
            _ => Pause.Word,
        };
    }

    private static bool IsWideStop(char c) => c is '。' or '！' or '？' or '｡' or '．' or '‼' or '⁇';

    // "e.g. this" and "No. 5" go on; a sentence begins with anything that is no small letter and no digit.
    private static bool IsSentenceStart(string text, int i) =>
        i < text.Length && !char.IsLower(text[i]) && !char.IsDigit(text[i]);

    private static int? FindOverlap(string text, int start, int end, int overlapMax)
    {
        var estimate = new TokenEstimate();
        int? found = null;
        for (var i = end - 1; i > start + 1; i--)
        {
            estimate.Add(text[i]);
            if (estimate.Tokens > overlapMax) break;
            if (char.IsWhiteSpace(text[i]) || i == end - 1) continue;
            if (PauseAfter(text, i - 1, BlockKind.Paragraph) >= Pause.Sentence) found = i;
        }

        return found;
    }

    private static int PassBlank(string text, int at)
    {
        while (at < text.Length && char.IsWhiteSpace(text[at])) at++;
        return at;
    }

    private static Stretch Trimmed(string text, int start, int end, bool isWhole = false)
    {
        // The end of the text stays as it is, so that the next block follows it without a gap.
        while ((isWhole || end < text.Length) && end > start + 1 && char.IsWhiteSpace(text[end - 1])) end--;
        return new Stretch(start, end - start);
    }
}
