using System.Diagnostics;
using System.Text.Json.Serialization;

namespace CodexOS.Client.Contracts;

/// <summary>Who has to act on a failure, as the server classifies it.</summary>
[JsonConverter(typeof(WordEnumConverter<FaultKind>))]
public enum FaultKind
{
    /// <summary>A kind that this client does not know; the server is newer.</summary>
    Unknown,

    /// <summary>The input is wrong; the caller has to change it.</summary>
    Invalid,

    /// <summary>The caller has to sign in.</summary>
    NotSignedIn,

    /// <summary>The caller may not do this.</summary>
    NotAllowed,

    /// <summary>There is no such thing, as far as the caller may know.</summary>
    NotFound,

    /// <summary>The thing is in a state in which this cannot be done.</summary>
    Conflict,

    /// <summary>It was there and is over.</summary>
    Gone,

    /// <summary>The input is larger than the limit.</summary>
    TooLarge,

    /// <summary>A limit or budget of the caller is used up.</summary>
    LimitReached,

    /// <summary>Too many requests for the moment.</summary>
    Throttled,

    /// <summary>A part of the server is missing or down, or the server cannot be reached.</summary>
    Unavailable,

    /// <summary>A service that the server depends on answered wrongly, or the server itself did.</summary>
    Upstream,

    /// <summary>Something took longer than its limit.</summary>
    Timeout,

    /// <summary>The server's disk or database is full.</summary>
    StorageFull,

    /// <summary>The work was cancelled on request.</summary>
    Cancelled,

    /// <summary>A bug in the server; the trace id leads to its log.</summary>
    Internal,
}

/// <summary>What a kind of fault means to a process.</summary>
public static class FaultKinds
{
    /// <summary>The exit code of a process that ends because of such a fault.</summary>
    public static int ExitCode(this FaultKind kind) => kind switch
    {
        FaultKind.Unknown or FaultKind.Internal => 1,
        FaultKind.Invalid => 2,
        FaultKind.NotSignedIn => 3,
        FaultKind.NotAllowed => 4,
        FaultKind.NotFound => 5,
        FaultKind.Conflict or FaultKind.Gone => 6,
        FaultKind.TooLarge or FaultKind.LimitReached => 7,
        FaultKind.Throttled => 8,
        FaultKind.Unavailable or FaultKind.Upstream => 9,
        FaultKind.Timeout => 10,
        FaultKind.StorageFull => 11,
        FaultKind.Cancelled => 12,
        _ => throw new UnreachableException($"The fault kind {kind} has no exit code."),
    };

    internal static FaultKind OfStatus(int status) => status switch
    {
        400 or 405 or 411 or 415 => FaultKind.Invalid,
        401 => FaultKind.NotSignedIn,
        403 => FaultKind.NotAllowed,
        404 => FaultKind.NotFound,
        409 or 412 => FaultKind.Conflict,
        410 => FaultKind.Gone,
        413 or 431 => FaultKind.TooLarge,
        422 => FaultKind.LimitReached,
        429 => FaultKind.Throttled,
        502 => FaultKind.Upstream,
        503 => FaultKind.Unavailable,
        408 or 504 => FaultKind.Timeout,
        507 => FaultKind.StorageFull,
        >= 500 => FaultKind.Internal,
        _ => FaultKind.Unknown,
    };
}
