using System.Diagnostics;
using Microsoft.Extensions.Logging;

namespace CodexOS.Platform.Faults;

/// <summary>The one table that says what each kind of fault means over HTTP, on the command line and in the log.</summary>
public static class FaultTable
{
    /// <summary>The HTTP status, process exit code and log level of a kind of fault.</summary>
    public static (int HttpStatus, int ExitCode, LogLevel Level) Of(FaultKind kind) => kind switch
    {
        FaultKind.Invalid => (400, 2, LogLevel.Debug),
        FaultKind.NotSignedIn => (401, 3, LogLevel.Debug),
        FaultKind.NotAllowed => (403, 4, LogLevel.Information),
        FaultKind.NotFound => (404, 5, LogLevel.Debug),
        FaultKind.Conflict => (409, 6, LogLevel.Debug),
        FaultKind.Gone => (410, 6, LogLevel.Debug),
        FaultKind.TooLarge => (413, 7, LogLevel.Debug),
        FaultKind.LimitReached => (422, 7, LogLevel.Information),
        FaultKind.Throttled => (429, 8, LogLevel.Information),
        FaultKind.Unavailable => (503, 9, LogLevel.Warning),
        FaultKind.Upstream => (502, 9, LogLevel.Warning),
        FaultKind.Timeout => (504, 10, LogLevel.Warning),
        FaultKind.StorageFull => (507, 11, LogLevel.Error),
        FaultKind.Cancelled => (409, 12, LogLevel.Information),
        FaultKind.Internal => (500, 1, LogLevel.Error),
        _ => throw new UnreachableException($"The fault kind {kind} is missing from the table."),
    };
}
