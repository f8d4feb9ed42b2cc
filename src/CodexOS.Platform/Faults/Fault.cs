using System.Collections.Immutable;

namespace CodexOS.Platform.Faults;

/// <summary>
/// An expected failure, as a value. The code is stable (clients and tests rely on it), the message says what is wrong
/// and what to do next, and neither ever carries a secret, a prompt or personal data.
/// </summary>
/// <param name="Code">Stable name of the failure, <c>module.reason</c>.</param>
/// <param name="Kind">Who has to act, which decides the HTTP status, the exit code and the log level.</param>
/// <param name="Message">One or two sentences for the person who has to act.</param>
public sealed record Fault(string Code, FaultKind Kind, string Message)
{
    /// <summary>Messages per field or path of the input, for an input that was refused.</summary>
    public ImmutableDictionary<string, ImmutableArray<string>> Errors { get; init; } =
        ImmutableDictionary<string, ImmutableArray<string>>.Empty;

    /// <summary>Further facts that a program can use, for instance the line and column of a syntax error.</summary>
    public ImmutableDictionary<string, object> Details { get; init; } = ImmutableDictionary<string, object>.Empty;

    /// <summary>How long to wait before the same request can succeed, where that is known.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Adds one fact that a program can use.</summary>
    public Fault With(string name, object value) => this with { Details = Details.SetItem(name, value) };

    /// <inheritdoc />
    public override string ToString() => $"{Code}: {Message}";
}

/// <summary>Who has to act on a fault.</summary>
public enum FaultKind
{
    /// <summary>The input is wrong; the caller has to change it.</summary>
    Invalid,

    /// <summary>The caller has to sign in.</summary>
    NotSignedIn,

    /// <summary>The caller may not do this; someone has to grant it.</summary>
    NotAllowed,

    /// <summary>There is no such thing, as far as the caller may know.</summary>
    NotFound,

    /// <summary>The thing is in a state in which this cannot be done.</summary>
    Conflict,

    /// <summary>It was there and is over, for instance an approval that expired.</summary>
    Gone,

    /// <summary>The input is larger than the limit.</summary>
    TooLarge,

    /// <summary>A limit or budget of the caller is used up.</summary>
    LimitReached,

    /// <summary>Too many requests for the moment; try again later.</summary>
    Throttled,

    /// <summary>A part of this machine is missing or down; the operator has to act.</summary>
    Unavailable,

    /// <summary>A service that CodexOS depends on answered wrongly.</summary>
    Upstream,

    /// <summary>Something took longer than its limit.</summary>
    Timeout,

    /// <summary>The disk or the database is full.</summary>
    StorageFull,

    /// <summary>The work was cancelled on request.</summary>
    Cancelled,

    /// <summary>A bug in CodexOS; the trace id leads to the log.</summary>
    Internal,
}
