namespace CodexOS.Client.Contracts;

/// <summary>Something that a watcher of a run learns.</summary>
public abstract record RunUpdate
{
    private protected RunUpdate()
    {
    }
}

/// <summary>The next event of the journal: each exactly once, in order.</summary>
/// <param name="Event">The event.</param>
public sealed record JournalUpdate(RunEvent Event) : RunUpdate;

/// <summary>
/// A piece of model text as it is written. A new connection gets the text from its beginning again; where the server
/// could not keep all of a long text, pieces are missing. The step's completion event carries the whole.
/// </summary>
/// <param name="Step">The step that writes.</param>
/// <param name="Text">The piece.</param>
/// <param name="Offset">How many characters of the step's text come before it; tells what is known already.</param>
public sealed record DeltaUpdate(string Step, string Text, int Offset) : RunUpdate;

/// <summary>The connection to the server was lost; it will be tried again.</summary>
/// <param name="Reason">Why, in words.</param>
/// <param name="Attempt">How many attempts in a row have failed.</param>
/// <param name="RetryIn">When the next attempt is made.</param>
public sealed record ConnectionLost(string Reason, int Attempt, TimeSpan RetryIn) : RunUpdate;

/// <summary>The connection is back; the journal goes on where it stopped.</summary>
public sealed record ConnectionRestored : RunUpdate;

/// <summary>How patiently to watch a run.</summary>
public sealed record WatchOptions
{
    /// <summary>How long a connection may be silent; the server sends a heartbeat every 15 seconds.</summary>
    public TimeSpan SilenceMax { get; init; } = TimeSpan.FromSeconds(45);

    /// <summary>How long to keep trying to come back before failing with <c>client.stream_lost</c>.</summary>
    public TimeSpan OutageMax { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>The wait before the first attempt to come back; it doubles with each further one.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>The longest wait between two attempts.</summary>
    public TimeSpan RetryDelayMax { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The longest event in bytes; a longer one fails with <c>client.bad_answer</c>.</summary>
    public int EventSizeMax { get; init; } = 32 * 1024 * 1024;
}
