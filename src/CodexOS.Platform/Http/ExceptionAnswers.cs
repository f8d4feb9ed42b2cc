using System.Text.Json;
using System.Text.RegularExpressions;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Storage;
using CodexOS.Platform.Tenancy;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace CodexOS.Platform.Http;

/// <summary>
/// Answers for exceptions: what the framework refused becomes a fault with a code, a full disk and a database that does not
/// answer say so, and everything else is a bug whose details stay in the log under the trace id.
/// </summary>
internal sealed partial class ExceptionAnswers(Database database, ILogger<ExceptionAnswers> log) : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(
        HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        if (exception is OperationCanceledException && httpContext.RequestAborted.IsCancellationRequested) return true;
        var fault = FaultOf(exception);
        // A tenant that has just left its database is refused there; without another place to go to, a refusal is a bug.
        if (database.HasShards && TenantMovingException.Caused(exception)) fault = TenantMovingException.Moving;
        if (fault == StorageFaults.DatabaseSilent) LogSilent(exception, httpContext.Request.Method, httpContext.Request.Path);
        if (fault.Kind is FaultKind.Internal) LogBug(exception, httpContext.Request.Method, httpContext.Request.Path);
        await Problems.WriteAsync(httpContext, fault);
        return true;
    }

    private static Fault FaultOf(Exception exception) => exception switch
    {
        BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } => new Fault(
            "platform.body_too_large", FaultKind.TooLarge, "The request body is larger than this endpoint accepts."),
        BadHttpRequestException { InnerException: JsonException json } => new Fault(
            "platform.malformed_json",
            FaultKind.Invalid,
            $"The request body is not the expected JSON, at {json.Path ?? "$"}: check the field names and types."),
        BadHttpRequestException bad => new Fault("platform.bad_request", FaultKind.Invalid, WordsOf(bad.Message)),
        _ when StorageFaults.IsDiskFull(exception) => StorageFaults.DiskFull,
        FaultException known => known.Fault,
        _ when StorageFaults.IsDatabaseSilent(exception) => StorageFaults.DatabaseSilent,
        _ => new Fault(
            "platform.bug",
            FaultKind.Internal,
            "This is a bug in CodexOS. The server's log has the details under this trace id."),
    };

    /// <summary>The framework speaks of parameters and their types; callers know neither.</summary>
    private static string WordsOf(string message) => UnreadableValue().Match(message) is { Success: true } match
        ? $"'{match.Groups["value"]}' is not a valid {match.Groups["name"]}; take it as the API answers with it."
        : ParameterType().Replace(message, "'${name}'");

    [GeneratedRegex(
        "^Failed to bind parameter \"[^\" ]+ (?<name>[A-Za-z]+)\" from \"(?<value>.{0,200})\"\\.$",
        RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex UnreadableValue();

    [GeneratedRegex("\"[^\" ]+ (?<name>[A-Za-z]+)\"", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex ParameterType();

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Method} {Path} needs a database that does not answer.")]
    private partial void LogSilent(Exception exception, string method, PathString path);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Method} {Path} failed.")]
    private partial void LogBug(Exception exception, string method, PathString path);
}
