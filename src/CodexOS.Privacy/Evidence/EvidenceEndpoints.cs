using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Text.Json;
using CodexOS.Platform.Http;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Tenancy;
using CodexOS.Privacy.Storage;
using CodexOS.Runs.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace CodexOS.Privacy.Evidence;

/// <summary>Bundles of evidence over HTTP. A bundle is made by a run: it is watched and ended as every run is.</summary>
internal static class EvidenceEndpoints
{
    private const int BodyBytesMax = 4 * 1024;
    private const int StepsMax = 100;

    public static void Map(IEndpointRouteBuilder api)
    {
        var bundles = api.MapGroup("/evidence/bundles", "Evidence", BodyBytesMax);
        bundles.MapPost("", StartAsync).RequirePermission("evidence:create")
            .WithName("CreateEvidenceBundle")
            .WithSummary("Starts a run that packs what shows how the tenant was run in a period into one signed archive.")
            .ProducesValidationProblem()
            .ProducesProblem(StatusCodes.Status409Conflict)
            .ProducesProblem(StatusCodes.Status413PayloadTooLarge)
            .ProducesProblem(StatusCodes.Status422UnprocessableEntity)
            .ProducesProblem(StatusCodes.Status429TooManyRequests)
            .ProducesProblem(StatusCodes.Status503ServiceUnavailable);
        bundles.MapGet("", ListAsync).RequirePermission("evidence:read")
            .WithName("ListEvidenceBundles").WithSummary("The bundles that can be downloaded, newest first.")
            .Produces<Page<EvidenceBundle>>()
            .ProducesProblem(StatusCodes.Status400BadRequest);
        bundles.MapGet("/{runId}/file", ReadAsync).RequirePermission("evidence:read")
            .WithName("ReadEvidenceBundle")
            .WithSummary("The archive, as long as it is kept; each download is in the audit log.")
            .Produces<FileContentHttpResult>(StatusCodes.Status200OK, "application/zip")
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status409Conflict)
            .ProducesProblem(StatusCodes.Status410Gone)
            .DisableRequestTimeout();
        bundles.MapDelete("/{runId}", RemoveAsync).RequirePermission("evidence:create")
            .WithName("DeleteEvidenceBundle").WithSummary("Deletes a bundle before it expires; its key is destroyed.")
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status409Conflict)
            .ProducesProblem(StatusCodes.Status410Gone);
    }

    private static async Task<Results<Accepted<Run>, ProblemHttpResult>> StartAsync(
        CreateEvidenceBundleRequest request, [FromHeader(Name = "Idempotency-Key")] string? idempotencyKey, Caller caller,
        EvidenceBundles bundles, IRuns runs, IOptions<PrivacyOptions> options, TimeProvider clock,
        CancellationToken cancellationToken)
    {
        var (from, to) = (Exactly(request.From!.Value), Exactly(request.To!.Value));
        if (from >= to || to > clock.GetUtcNow() || to - from > options.Value.EvidencePeriodMax)
            return EvidenceFaults.BadPeriod((int)options.Value.EvidencePeriodMax.TotalDays).Problem();
        if (await bundles.RefusalAsync(cancellationToken) is { } refused) return refused.Problem();
        var input = new EvidenceInput(from, to);
        var started = await runs.StartAsync(
            new RunStart(
                caller.Tenant, caller.User, EvidenceProgram.RunKind, "evidence", 1,
                string.Create(CultureInfo.InvariantCulture, $"Evidence from {from:yyyy-MM-dd} to {to:yyyy-MM-dd}"),
                JsonSerializer.SerializeToElement(input, Json.Options),
                JsonSerializer.SerializeToElement(new EvidenceGrant(input), Json.Options),
                new RunLimits(StepsMax, options.Value.TimeMax, TokensMax: 1, CostMaxMicroUsd: 0),
                RunLabels.None, idempotencyKey),
            cancellationToken);
        return started.ToAccepted(static run => $"/api/v1/runs/{run.Id}");
    }

    private static async Task<IResult> ListAsync(
        PrivacyDb db, TimeProvider clock, CancellationToken cancellationToken, int? limit = null, string? cursor = null)
    {
        if (!PageRequest.Read(limit, cursor).TryGet(out var page, out var fault)) return fault.Problem();
        if (!page.KeyAfter<RunId>().TryGet(out var before, out fault)) return fault.Problem();
        var now = clock.GetUtcNow();
        var rows = db.EvidenceBundles.AsNoTracking().Where(row => row.ReadyAt != null && row.ExpiresAt > now);
        if (before is { } last) rows = rows.Where(row => row.RunId.CompareTo(last) < 0);
        var found = await rows.OrderByDescending(static row => row.RunId).Take(page.Limit + 1).ToListAsync(cancellationToken);
        return TypedResults.Ok(page.PageOf(
            found.ConvertAll(static row => new EvidenceBundle(
                row.RunId, row.RequestedBy, row.PeriodFrom, row.PeriodTo, row.CreatedAt, row.ExpiresAt, row.SizeBytes, row.Files,
                row.Sha256 ?? "")),
            static bundle => bundle.RunId.ToString()));
    }

    private static async Task<IResult> ReadAsync(string runId, EvidenceBundles bundles, CancellationToken cancellationToken)
    {
        if (!RunId.TryParse(runId, null, out var id)) return EvidenceFaults.NotFound.Problem();
        if (!(await bundles.FindAsync(id, cancellationToken)).TryGet(out var row, out var fault)) return fault.Problem();
        if (await bundles.TakeAsync(row, cancellationToken) is { } refused) return refused.Problem();
        return TypedResults.Stream(
            target => bundles.WriteAsync(row, target, cancellationToken), "application/zip", $"evidence-{row.RunId}.zip");
    }

    private static async Task<IResult> RemoveAsync(string runId, EvidenceBundles bundles, CancellationToken cancellationToken)
    {
        if (!RunId.TryParse(runId, null, out var id)) return EvidenceFaults.NotFound.Problem();
        if (!(await bundles.FindAsync(id, cancellationToken)).TryGet(out var row, out var fault)) return fault.Problem();
        await bundles.RemoveAsync(row, null, cancellationToken);
        return TypedResults.NoContent();
    }

    /// <summary>In whole milliseconds, as times are stored.</summary>
    private static DateTimeOffset Exactly(DateTimeOffset at) =>
        DateTimeOffset.FromUnixTimeMilliseconds(at.ToUnixTimeMilliseconds());
}

/// <summary>A bundle of evidence to make.</summary>
/// <param name="From">The beginning of the period.</param>
/// <param name="To">Its end, that instant excluded; not in the future.</param>
public sealed record CreateEvidenceBundleRequest(
    [property: Required] DateTimeOffset? From, [property: Required] DateTimeOffset? To);

/// <summary>A bundle of evidence that can be downloaded.</summary>
/// <param name="RunId">The run that made it.</param>
/// <param name="RequestedBy">Who asked for it.</param>
/// <param name="From">The beginning of the period.</param>
/// <param name="To">Its end, that instant excluded.</param>
/// <param name="CreatedAt">When it was begun.</param>
/// <param name="ExpiresAt">Until when it can be downloaded.</param>
/// <param name="SizeBytes">Its length.</param>
/// <param name="Files">How many files are in it.</param>
/// <param name="Sha256">Its SHA-256, in lowercase hexadecimal digits.</param>
public sealed record EvidenceBundle(
    RunId RunId, UserId RequestedBy, DateTimeOffset From, DateTimeOffset To, DateTimeOffset CreatedAt, DateTimeOffset ExpiresAt,
    long SizeBytes, int Files, string Sha256);
