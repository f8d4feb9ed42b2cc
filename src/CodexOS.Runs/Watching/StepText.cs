using System.Text;

namespace CodexOS.Runs.Watching;

/// <summary>
/// What a step has written so far, as far as it is kept: the end of it, where it is longer than may be kept. Guarded by the
/// lock of its run's place.
/// </summary>
internal sealed class StepText(string step, int occurrence)
{
    private readonly StringBuilder _kept = new();
    private int _start;

    public string Step => step;

    public int Occurrence => occurrence;

    /// <summary>Whether nothing more will come.</summary>
    public bool Ended { get; set; }

    /// <summary>Whether it is being written on another node, and is kept here only for the watchers.</summary>
    public bool IsCopy { get; init; }

    /// <summary>The position of the first character that is kept.</summary>
    public int Start => _start;

    /// <summary>The position behind the last character.</summary>
    public int End => _start + _kept.Length;

    /// <summary>How many watchers have yet to read it to its end.</summary>
    public int Readers { get; set; }

    /// <summary>How many characters are kept.</summary>
    public int Length => _kept.Length;

    /// <summary>Whether there is something behind a position.</summary>
    public bool HasMore(int position) => position < _start + _kept.Length;

    public void Append(string piece) => _kept.Append(piece);

    /// <summary>Goes on at a later position, as what is between is lost; returns how many characters go.</summary>
    public int SkipTo(int position)
    {
        var forgotten = _kept.Length;
        _kept.Clear();
        _start = position;
        return forgotten;
    }

    /// <summary>Forgets characters from the beginning, never half of one; returns how many.</summary>
    public int Forget(int count)
    {
        if (count < _kept.Length && char.IsLowSurrogate(_kept[count])) count++;
        _kept.Remove(0, count);
        _start += count;
        return count;
    }

    /// <summary>The text behind a position, no longer than asked for.</summary>
    public RunDelta Read(int position, int lengthMax)
    {
        var from = Math.Max(position, _start);
        var length = Math.Min(_start + _kept.Length - from, lengthMax);
        // A pair of surrogates is one character and travels whole.
        if (length > 1 && from + length < _start + _kept.Length && char.IsHighSurrogate(_kept[from - _start + length - 1]))
            length--;
        return new RunDelta(step, _kept.ToString(from - _start, length), from);
    }
}

/// <summary>Text of a step while it is being made.</summary>
/// <param name="Step">The step.</param>
/// <param name="Text">The next piece of it.</param>
/// <param name="Offset">How many characters (UTF-16) of the step's text come before the piece.</param>
internal sealed record RunDelta(string Step, string Text, int Offset);
