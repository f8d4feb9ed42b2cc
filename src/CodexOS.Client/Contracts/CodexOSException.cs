namespace CodexOS.Client.Contracts;

/// <summary>
/// A call that did not succeed: either the server's problem details, or a failure on the way, whose code then begins
/// with <c>client.</c> (for instance <c>client.unreachable</c>, <c>client.timeout</c>, <c>client.bad_answer</c>).
/// </summary>
public sealed class CodexOSException : Exception
{
    /// <summary>Makes a failure.</summary>
    /// <param name="code">Its stable code, <c>module.reason</c>.</param>
    /// <param name="kind">Who has to act.</param>
    /// <param name="message">What is wrong and what to do next.</param>
    /// <param name="inner">What caused it, if it did not come from the server.</param>
    public CodexOSException(string code, FaultKind kind, string message, Exception? inner = null)
        : base(message, inner) => (Code, Kind) = (code, kind);

    /// <summary>The stable code, <c>module.reason</c>.</summary>
    public string Code { get; }

    /// <summary>Who has to act.</summary>
    public FaultKind Kind { get; }

    /// <summary>The HTTP status, or null if there was no answer.</summary>
    public int? Status { get; init; }

    /// <summary>Leads to the server's log of this request.</summary>
    public string? TraceId { get; init; }

    /// <summary>Messages per field or path of the input.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Errors { get; init; } =
        new Dictionary<string, IReadOnlyList<string>>();

    /// <summary>The line of a syntax error in the input, from 1.</summary>
    public int? Line { get; init; }

    /// <summary>The column of a syntax error in the input, from 1.</summary>
    public int? Column { get; init; }

    /// <summary>How long to wait before the same request can succeed, where the server said so.</summary>
    public TimeSpan? RetryAfter { get; init; }
}
