using System.ComponentModel.DataAnnotations;
using CodexOS.Platform.Http;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Tenancy;
using CodexOS.Privacy.Storage;
using CodexOS.Runs.Contracts;
using CodexOS.Trust.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace CodexOS.Privacy.Erasure;

/// <summary>Erasing persons over HTTP. An erasure is a run that ends with a receipt.</summary>
internal static class ErasureEndpoints
{
    private const int BodyBytesMax = 4 * 1024;

    public static void Map(IEndpointRouteBuilder api)
    {
        var erasures = api.MapGroup("/privacy/erasures", "Privacy", BodyBytesMax);
        erasures.MapPost("", StartAsync).RequireSessionWith("privacy:erase")
            .WithName("StartErasure").WithSummary("Starts a run that erases a person for good, and signs a receipt for it.")
            .ProducesValidationProblem()
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status409Conflict)
            .ProducesProblem(StatusCodes.Status413PayloadTooLarge)
            .ProducesProblem(StatusCodes.Status429TooManyRequests)
            .ProducesProblem(StatusCodes.Status503ServiceUnavailable);
        erasures.MapGet("", ListAsync).RequirePermission("privacy:read")
            .WithName("ListErasures").WithSummary("The erasures that are done, newest first, with their receipts.")
            .Produces<Page<ErasureReceipt>>()
            .ProducesProblem(StatusCodes.Status400BadRequest);
        erasures.MapGet("/{runId}", GetAsync).RequirePermission("privacy:read")
            .WithName("GetErasure").WithSummary("One erasure that is done, with its receipt.")
            .Produces<ErasureReceipt>()
            .ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static async Task<Results<Accepted<Run>, ProblemHttpResult>> StartAsync(
        StartErasureRequest request, [FromHeader(Name = "Idempotency-Key")] string? idempotencyKey, Caller caller,
        PrivacySubjects subjects, ErasureGuard guard, IRuns runs, IOptions<PrivacyOptions> options,
        CancellationToken cancellationToken)
    {
        var id = request.Subject!.Value;
        if (!(await subjects.FindAsync(id, cancellationToken)).TryGet(out var subject, out var fault)) return fault.Problem();
        if (!string.Equals(request.Confirm, subject.Email ?? id.ToString(), StringComparison.OrdinalIgnoreCase))
            return PrivacyFaults.NotConfirmed.Problem();
        var wish = new ErasureWish(request.DeleteRuns, caller.User);
        if (await guard.RefusalAsync(subject, wish, cancellationToken) is { } refused) return refused.Problem();
        var input = new ErasureInput(id, request.DeleteRuns, guard.Parts);
        var started = await runs.StartAsync(
            PrivacyRuns.Start(
                ErasureProgram.RunKind, caller, id, $"Erasure of {id}", input, options.Value.TimeMax, idempotencyKey),
            cancellationToken);
        return started.ToAccepted(static run => $"/api/v1/runs/{run.Id}");
    }

    private static async Task<IResult> ListAsync(
        PrivacyDb db, CancellationToken cancellationToken, int? limit = null, string? cursor = null)
    {
        if (!PageRequest.Read(limit, cursor).TryGet(out var page, out var fault)) return fault.Problem();
        if (!page.KeyAfter<RunId>().TryGet(out var before, out fault)) return fault.Problem();
        var rows = db.Erasures.AsNoTracking();
        if (before is { } last) rows = rows.Where(row => row.RunId.CompareTo(last) < 0);
        var found = await rows.OrderByDescending(static row => row.RunId).Take(page.Limit + 1).ToListAsync(cancellationToken);
        return TypedResults.Ok(page.PageOf(found.ConvertAll(ViewOf), static erasure => erasure.RunId.ToString()));
    }

    private static async Task<IResult> GetAsync(
        string runId, PrivacyDb db, IAttestation attestation, CancellationToken cancellationToken) =>
        RunId.TryParse(runId, null, out var id)
        && await db.Erasures.AsNoTracking().SingleOrDefaultAsync(row => row.RunId == id, cancellationToken) is { } row
            ? TypedResults.Ok(ViewOf(row) with { VerifierKey = attestation.VerifierOf(row.TenantId) })
            : PrivacyFaults.ErasureNotFound.Problem();

    private static ErasureReceipt ViewOf(ErasureRow row) => new(row.RunId, row.Subject, row.RequestedBy, row.At, row.Receipt);
}

/// <summary>A request to erase a person for good.</summary>
/// <param name="Subject">The person: a member, or somebody who once was one.</param>
/// <param name="Confirm">The address of the person once more, or their id where your tenant does not know the address.</param>
/// <param name="DeleteRuns">Whether the runs that the person started are deleted with all their events.</param>
public sealed record StartErasureRequest(
    [property: Required] UserId? Subject,
    [property: Required, StringLength(320, MinimumLength = 1)] string Confirm,
    bool DeleteRuns = false);

/// <summary>An erasure that is done.</summary>
/// <param name="RunId">The run that did it.</param>
/// <param name="Subject">The person who was erased.</param>
/// <param name="RequestedBy">Who asked for it.</param>
/// <param name="At">When it was done.</param>
/// <param name="Receipt">The signed receipt: what was erased and kept, as a C2SP signed note.</param>
public sealed record ErasureReceipt(RunId RunId, UserId Subject, UserId RequestedBy, DateTimeOffset At, string Receipt)
{
    /// <summary>What the receipt's signature is checked with; told of a single one.</summary>
    public string? VerifierKey { get; init; }
}
