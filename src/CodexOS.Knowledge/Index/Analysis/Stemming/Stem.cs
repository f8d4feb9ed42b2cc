namespace CodexOS.Knowledge.Index.Analysis.Stemming;

/// <summary>A word that a stemmer shortens in place.</summary>
internal ref struct Stem(Span<char> buffer, int length)
{
    private readonly Span<char> _buffer = buffer;

    /// <summary>How long the word is by now.</summary>
    public int Length { get; private set; } = length;

    /// <summary>The word as it is by now.</summary>
    public readonly ReadOnlySpan<char> Text => _buffer[..Length];

    /// <summary>A character of the word; from the end if negative, so that -1 is the last.</summary>
    public readonly char this[int index] => _buffer[index < 0 ? Length + index : index];

    /// <summary>Whether the word ends in these letters.</summary>
    public readonly bool Ends(scoped ReadOnlySpan<char> suffix) => Text.EndsWith(suffix, StringComparison.Ordinal);

    /// <summary>Whether the word begins with these letters.</summary>
    public readonly bool Begins(scoped ReadOnlySpan<char> prefix) => Text.StartsWith(prefix, StringComparison.Ordinal);

    /// <summary>Takes letters off the end.</summary>
    public void Cut(int count) => Length -= count;

    /// <summary>Takes letters off the beginning.</summary>
    public void CutFront(int count)
    {
        _buffer[count..Length].CopyTo(_buffer);
        Length -= count;
    }

    /// <summary>Takes letters off the end and puts others there.</summary>
    public void Replace(int count, scoped ReadOnlySpan<char> ending)
    {
        ending.CopyTo(_buffer[(Length - count)..]);
        Length += ending.Length - count;
    }

    /// <summary>Puts another letter in place of one.</summary>
    public readonly void Set(int index, char letter) => _buffer[index] = letter;

    /// <summary>Takes a suffix off if the word ends in it and at least so many letters stay.</summary>
    public bool CutIf(scoped ReadOnlySpan<char> suffix, int staying)
    {
        if (!Ends(suffix) || Length - suffix.Length < staying) return false;
        Cut(suffix.Length);
        return true;
    }

    /// <summary>Changes a suffix if the word ends in it and at least so many letters stay before it.</summary>
    public bool ReplaceIf(scoped ReadOnlySpan<char> suffix, scoped ReadOnlySpan<char> ending, int staying)
    {
        if (!Ends(suffix) || Length - suffix.Length < staying) return false;
        Replace(suffix.Length, ending);
        return true;
    }

    /// <summary>Takes off the first of these suffixes that the word ends in; they are given longest first.</summary>
    public bool CutFirst(scoped ReadOnlySpan<string> suffixes, int staying)
    {
        foreach (var suffix in suffixes)
        {
            if (CutIf(suffix, staying)) return true;
        }

        return false;
    }
}
