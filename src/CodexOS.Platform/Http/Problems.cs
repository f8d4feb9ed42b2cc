using System.Diagnostics;
using CodexOS.Platform.Faults;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace CodexOS.Platform.Http;

/// <summary>Turns faults into problem details (RFC 9457) with the members <c>code</c> and <c>traceId</c>.</summary>
public static class Problems
{
    /// <summary>The problem of a fault, as an endpoint's answer.</summary>
    public static ProblemHttpResult Problem(this Fault fault) => TypedResults.Problem(Details(fault));

    /// <summary>Writes the problem of a fault as the whole answer.</summary>
    public static Task WriteAsync(HttpContext context, Fault fault)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(fault);
        if (fault.RetryAfter is { } wait)
            context.Response.Headers.RetryAfter = ((int)Math.Ceiling(wait.TotalSeconds)).ToString();
        return fault.Problem().ExecuteAsync(context);
    }

    private static ProblemDetails Details(Fault fault)
    {
        ArgumentNullException.ThrowIfNull(fault);
        var problem = new ProblemDetails
        {
            Status = FaultTable.Of(fault.Kind).HttpStatus,
            Title = TitleOf(fault.Kind),
            Detail = fault.Message,
        };
        problem.Extensions["code"] = fault.Code;
        problem.Extensions["traceId"] = Activity.Current?.TraceId.ToString();
        if (!fault.Errors.IsEmpty) problem.Extensions["errors"] = fault.Errors;
        foreach (var (name, value) in fault.Details) problem.Extensions[name] = value;
        return problem;
    }

    private static string TitleOf(FaultKind kind) => kind switch
    {
        FaultKind.Invalid => "The request is not valid",
        FaultKind.NotSignedIn => "Not signed in",
        FaultKind.NotAllowed => "Not allowed",
        FaultKind.NotFound => "Not found",
        FaultKind.Conflict => "Not possible in this state",
        FaultKind.Gone => "It is over",
        FaultKind.TooLarge => "Too large",
        FaultKind.LimitReached => "A limit is reached",
        FaultKind.Throttled => "Too many requests",
        FaultKind.Unavailable => "Not available here",
        FaultKind.Upstream => "A service behind CodexOS failed",
        FaultKind.Timeout => "It took too long",
        FaultKind.StorageFull => "No space left",
        FaultKind.Cancelled => "Cancelled",
        FaultKind.Internal => "Something went wrong inside CodexOS",
        _ => throw new UnreachableException($"The fault kind {kind} has no title."),
    };
}
