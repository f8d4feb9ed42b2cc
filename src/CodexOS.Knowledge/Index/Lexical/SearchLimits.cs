namespace CodexOS.Knowledge.Index.Lexical;

/// <summary>How long a search may go on, and whether somebody still waits for it.</summary>
internal sealed class SearchLimits(TimeProvider clock, TimeSpan timeMax, CancellationToken cancellationToken)
{
    private readonly long _start = clock.GetTimestamp();

    /// <summary>Whether the search was stopped before it had seen everything.</summary>
    public bool IsOver { get; private set; }

    /// <summary>Whether to go on; throws if nobody waits any more.</summary>
    public bool GoOn()
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (!IsOver) IsOver = clock.GetElapsedTime(_start) > timeMax;
        return !IsOver;
    }
}
