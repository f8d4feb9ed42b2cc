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

namespace CodexOS.Privacy.Exports;

/// <summary>Exports of persons' data over HTTP. An export is a run: it is watched and ended as every run is.</summary>
internal static class ExportEndpoints
{
    private const int BodyBytesMax = 4 * 1024;

    public static void Map(IEndpointRouteBuilder api)
    {
        var exports = api.MapGroup("/privacy/exports", "Privacy", BodyBytesMax);
        exports.MapPost("", StartAsync).RequirePermission("privacy:export")
            .WithName("StartSubjectExport").WithSummary("Starts a run that packs all data of a person into one archive.")
            .ProducesValidationProblem()
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status409Conflict)
            .ProducesProblem(StatusCodes.Status413PayloadTooLarge)
            .ProducesProblem(StatusCodes.Status422UnprocessableEntity)
            .ProducesProblem(StatusCodes.Status429TooManyRequests)
            .ProducesProblem(StatusCodes.Status503ServiceUnavailable);
        exports.MapGet("", ListAsync).RequirePermission("privacy:read")
            .WithName("ListSubjectExports").WithSummary("The archives of exports that are there, newest first.")
            .Produces<Page<SubjectExport>>()
            .ProducesProblem(StatusCodes.Status400BadRequest);
        exports.MapGet("/{runId}/file", ReadAsync).RequirePermission("privacy:export")
            .WithName("ReadSubjectExport")
            .WithSummary("The archive that an export made, as long as it is kept; each download is in the audit log.")
            .Produces<FileContentHttpResult>(StatusCodes.Status200OK, "application/zip")
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status409Conflict)
            .ProducesProblem(StatusCodes.Status410Gone);
    }

    private static async Task<Results<Accepted<Run>, ProblemHttpResult>> StartAsync(
        StartExportRequest request, [FromHeader(Name = "Idempotency-Key")] string? idempotencyKey, Caller caller,
        PrivacySubjects subjects, PrivacyDb db, IRuns runs, IOptions<PrivacyOptions> options, CancellationToken cancellationToken)
    {
        var id = request.Subject!.Value;
        if (!(await subjects.FindAsync(id, cancellationToken)).TryGet(out _, out var fault)) return fault.Problem();
        if (await db.Exports.CountAsync(cancellationToken) >= options.Value.ExportsMax)
            return PrivacyFaults.TooMany(options.Value.ExportsMax).Problem();
        var started = await runs.StartAsync(
            PrivacyRuns.Start(
                ExportProgram.RunKind, caller, id, $"Export of the data of {id}", new ExportInput(id), options.Value.TimeMax,
                idempotencyKey),
            cancellationToken);
        return started.ToAccepted(static run => $"/api/v1/runs/{run.Id}");
    }

    private static async Task<IResult> ListAsync(
        PrivacyDb db, CancellationToken cancellationToken, int? limit = null, string? cursor = null)
    {
        if (!PageRequest.Read(limit, cursor).TryGet(out var page, out var fault)) return fault.Problem();
        if (!page.KeyAfter<RunId>().TryGet(out var before, out fault)) return fault.Problem();
        var rows = db.Exports.AsNoTracking();
        if (before is { } last) rows = rows.Where(row => row.RunId.CompareTo(last) < 0);
        var found = await rows.OrderByDescending(static row => row.RunId).Take(page.Limit + 1).ToListAsync(cancellationToken);
        return TypedResults.Ok(page.PageOf(
            found.ConvertAll(static row => new SubjectExport(
                row.RunId, row.Subject, row.RequestedBy, row.CreatedAt, row.ExpiresAt, row.SizeBytes, row.Hash)),
            static export => export.RunId.ToString()));
    }

    private static async Task<IResult> ReadAsync(
        string runId, PrivacyDb db, IRuns runs, SealedExports exports, IAuditLog audit, TimeProvider clock,
        CancellationToken cancellationToken)
    {
        if (!RunId.TryParse(runId, null, out var id)
            || !(await runs.GetAsync(id, cancellationToken)).TryGet(out var run, out _) || run.Kind != ExportProgram.RunKind)
        {
            return PrivacyFaults.ExportNotFound.Problem();
        }

        if (run.Status is RunStatus.Failed or RunStatus.Cancelled) return PrivacyFaults.ExportFailed.Problem();
        if (run.Status is not RunStatus.Completed) return PrivacyFaults.ExportNotReady.Problem();
        var row = await db.Exports.AsNoTracking().SingleOrDefaultAsync(one => one.RunId == id, cancellationToken);
        if (row is null || row.ExpiresAt <= clock.GetUtcNow()) return PrivacyFaults.ExportExpired.Problem();
        if (!(await exports.OpenAsync(db, row, cancellationToken)).TryGet(out var content, out var fault)) return fault.Problem();
        await audit.RecordAsync(
            AuditEntry.Done("privacy.download_export").On("user", row.Subject.ToString()).With("run", runId), cancellationToken);
        return TypedResults.File(content, "application/zip", $"{row.Subject}.zip");
    }
}

/// <summary>A request to export all data of a person.</summary>
/// <param name="Subject">The person: a member, or somebody who once was one.</param>
public sealed record StartExportRequest([property: Required] UserId? Subject);

/// <summary>The archive that an export made.</summary>
/// <param name="RunId">The run that made it.</param>
/// <param name="Subject">The person whose data it is.</param>
/// <param name="RequestedBy">Who asked for it.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="ExpiresAt">Until when it can be downloaded.</param>
/// <param name="SizeBytes">Its length.</param>
/// <param name="Sha256">Its SHA-256, in lowercase hexadecimal digits.</param>
public sealed record SubjectExport(
    RunId RunId, UserId Subject, UserId RequestedBy, DateTimeOffset CreatedAt, DateTimeOffset ExpiresAt, long SizeBytes,
    string Sha256);
