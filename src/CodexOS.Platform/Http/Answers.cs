using CodexOS.Platform.Faults;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace CodexOS.Platform.Http;

/// <summary>What an endpoint answers with the outcome of its work: what was made, or the problem of the fault.</summary>
public static class Answers
{
    /// <summary>200 with the value.</summary>
    public static Results<Ok<T>, ProblemHttpResult> ToOk<T>(this Result<T> outcome) =>
        outcome.TryGet(out var value, out var fault) ? TypedResults.Ok(value) : fault.Problem();

    /// <summary>201 with the value and its address.</summary>
    public static Results<Created<T>, ProblemHttpResult> ToCreated<T>(this Result<T> outcome, Func<T, string> address) =>
        outcome.TryGet(out var value, out var fault) ? TypedResults.Created(address(value), value) : fault.Problem();

    /// <summary>202 with the value and the address where it can be followed.</summary>
    public static Results<Accepted<T>, ProblemHttpResult> ToAccepted<T>(this Result<T> outcome, Func<T, string> address) =>
        outcome.TryGet(out var value, out var fault) ? TypedResults.Accepted(address(value), value) : fault.Problem();

    /// <summary>204: it is done, and there is nothing to say.</summary>
    public static Results<NoContent, ProblemHttpResult> ToNoContent<T>(this Result<T> outcome) =>
        outcome.TryGet(out _, out var fault) ? TypedResults.NoContent() : fault.Problem();
}
