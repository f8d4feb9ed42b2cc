using System.Collections.Immutable;
using System.Diagnostics;
using System.Text.Json;
using CodexOS.Platform.Faults;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace CodexOS.Platform.Http;

/// <summary>Turns faults into problem details (RFC 9457) with the members <c>code</c> and <c>traceId</c>.</summary>
public static class Problems
{
    /// <summary>The problem of a fault, as an endpoint's answer.</summary>
    public static ProblemHttpResult Problem(this Fault fault) => TypedResults.Problem(Details(fault));

    /// <summary>Writes the problem of a fault as the whole answer, in the endpoint's own form if it has one.</summary>
    public static Task WriteAsync(HttpContext context, Fault fault)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(fault);
        if (fault.RetryAfter is { } wait)
            context.Response.Headers.RetryAfter = ((int)Math.Ceiling(wait.TotalSeconds)).ToString();
        Refusal.Note(context, fault.Code, fault.Errors.Keys);
        return (FormOf(context)?.Answer(fault) ?? fault.Problem()).ExecuteAsync(context);
    }

    /// <summary>The form that the endpoint has for refusals, also after an exception; null for problems.</summary>
    private static IFaultForm? FormOf(HttpContext context) =>
        (context.GetEndpoint() ?? context.Features.Get<IExceptionHandlerFeature>()?.Endpoint)?.Metadata.GetMetadata<IFaultForm>();

    /// <summary>Gives an answer that has only a status (no such route, wrong method) the body of a problem.</summary>
    public static Task WriteStatusAsync(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        var (code, title, detail) = context.Response.StatusCode switch
        {
            400 when UnreadableQuery.Words(context) is { } words => ("platform.bad_request", TitleOf(FaultKind.Invalid), words),
            404 => ("platform.no_such_route", "Not found", "There is nothing at this address. /docs lists the API."),
            405 => ("platform.wrong_method", "Wrong method", "This address does not take that method. See the Allow header."),
            413 => ("platform.body_too_large", TitleOf(FaultKind.TooLarge), "The request body is larger than this endpoint accepts."),
            415 => ("platform.wrong_content_type", "Wrong content type", "This endpoint does not take that Content-Type."),
            504 => ("platform.timeout", "It took too long", "The request took longer than the server allows. Try again."),
            var status => ($"platform.status_{status}", "Not possible", "The server refused the request."),
        };
        Refusal.Note(context, code);
        if (context.Response.StatusCode is StatusCodes.Status400BadRequest && FormOf(context) is { } form)
            return form.Answer(new Fault(code, FaultKind.Invalid, detail)).ExecuteAsync(context);
        var problem = new ProblemDetails { Status = context.Response.StatusCode, Title = title, Detail = detail };
        problem.Extensions["code"] = code;
        problem.Extensions["traceId"] = Activity.Current?.TraceId.ToString();
        return TypedResults.Problem(problem).ExecuteAsync(context);
    }

    /// <summary>
    /// Completes problems, also those that the framework writes (failed validation), with a code and the trace id; and keeps on
    /// the request what it is refused for.
    /// </summary>
    public static void Complete(ProblemDetailsContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        var problem = context.ProblemDetails;
        if (problem is HttpValidationProblemDetails validation)
        {
            validation.Errors = validation.Errors.ToDictionary(
                error => AsInJson(error.Key), error => error.Value, StringComparer.Ordinal);
            problem.Title = TitleOf(FaultKind.Invalid);
            problem.Detail ??= "Some fields are not valid; errors has a message for each.";
            problem.Extensions.TryAdd("code", "platform.invalid_fields");
        }

        problem.Extensions.TryAdd("code", $"platform.status_{problem.Status}");
        problem.Extensions["traceId"] = Activity.Current?.TraceId.ToString();
        Refusal.Note(context.HttpContext, problem.Extensions["code"] as string ?? "", FieldsOf(problem));
    }

    private static IEnumerable<string> FieldsOf(ProblemDetails problem) => problem switch
    {
        HttpValidationProblemDetails validation => validation.Errors.Keys,
        _ when problem.Extensions.TryGetValue("errors", out var errors)
            && errors is ImmutableDictionary<string, ImmutableArray<string>> fields => fields.Keys,
        _ => [],
    };

    /// <summary>A path of property names as the caller wrote it: <c>Workspace.Id</c> came in as <c>workspace.id</c>.</summary>
    private static string AsInJson(string path) =>
        string.Join('.', path.Split('.').Select(JsonNamingPolicy.CamelCase.ConvertName));

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
