using System.Globalization;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Http;
using CodexOS.Trust.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace CodexOS.Trust.Audit;

/// <summary>The tenant's audit log over HTTP: look, prove, verify, export.</summary>
internal static class AuditEndpoints
{
    private const int VerifyBytesMax = 8 * 1024 * 1024;
    private const string Permission = "audit:read";
    private const int FilterLengthMax = 320;

    public static void Map(IEndpointRouteBuilder api)
    {
        var audit = api.MapGroup("/audit").WithTags("Audit").ProducesProblem(401).ProducesProblem(403);
        audit.MapGet("", ListAsync).RequirePermission(Permission)
            .WithName("ListAudit").WithSummary("The entries of the tenant's audit log, newest first.")
            .Produces<Page<AuditRecord>>()
            .ProducesProblem(400);
        audit.MapGet("/log", StateAsync).RequirePermission(Permission)
            .WithName("GetAuditLog").WithSummary("The log as a whole: its size, its root, and the key that its signatures are checked with.")
            .Produces<AuditLogState>();
        audit.MapGet("/{id}/proof", ProveAsync).RequirePermission(Permission)
            .WithName("GetAuditProof").WithSummary("What proves that an entry is in the log.")
            .Produces<AuditProof>()
            .ProducesProblem(404);
        audit.MapGet("/consistency", ConsistencyAsync).RequirePermission(Permission)
            .WithName("GetAuditConsistency").WithSummary("What proves that the log only grew between two sizes.")
            .Produces<AuditConsistency>()
            .ProducesProblem(400);
        audit.MapGet("/checkpoints", CheckpointsAsync).RequirePermission(Permission)
            .WithName("ListAuditCheckpoints").WithSummary("The signed checkpoints of the log, newest first.")
            .Produces<Page<AuditCheckpoint>>()
            .ProducesProblem(400);
        audit.MapPost("/verify", VerifyAsync).RequirePermission(Permission)
            .WithMetadata(new RequestSizeLimitAttribute(VerifyBytesMax))
            .WithName("VerifyAudit").WithSummary("Holds the log against itself, and against all checkpoints there are copies of.")
            .Produces<AuditReport>()
            .ProducesValidationProblem().ProducesProblem(413).ProducesProblem(429)
            .DisableRequestTimeout();
        audit.MapGet("/export", ExportAsync).RequirePermission(Permission)
            .WithName("ExportAudit").WithSummary("The log as lines of JSON that prove themselves.")
            .Produces<string>(contentType: "application/jsonl")
            .ProducesProblem(400).ProducesProblem(404).ProducesProblem(413)
            .DisableRequestTimeout();
    }

    private static async Task<IResult> ListAsync(
        AuditQueries queries, CancellationToken cancellationToken, string? action = null, string? actor = null,
        string? resource = null, string? outcome = null, DateTimeOffset? from = null, DateTimeOffset? to = null,
        int? limit = null, string? cursor = null)
    {
        if (!PageRequest.Read(limit, cursor).TryGet(out var page, out var fault)) return fault.Problem();
        if (!Read(action, actor, resource, outcome, from, to).TryGet(out var filter, out fault)) return fault.Problem();
        if (!page.KeyAfter<long>().TryGet(out var before, out fault)) return fault.Problem();
        var records = await queries.ListAsync(filter, before, page.Limit + 1, cancellationToken);
        return TypedResults.Ok(page.PageOf(records, static record => Key(record.Index)));
    }

    private static async Task<Ok<AuditLogState>> StateAsync(AuditQueries queries, CancellationToken cancellationToken) =>
        TypedResults.Ok(await queries.StateAsync(cancellationToken));

    private static async Task<IResult> ProveAsync(string id, AuditQueries queries, CancellationToken cancellationToken)
    {
        if (!AuditEntryId.TryParse(id, null, out var entry)) return AuditFaults.NotFound(id).Problem();
        return (await queries.ProveAsync(entry, cancellationToken)).ToOk();
    }

    private static async Task<IResult> ConsistencyAsync(
        long from, long? to, AuditQueries queries, CancellationToken cancellationToken) =>
        (await queries.ProveAsync(from, to, cancellationToken)).ToOk();

    private static async Task<IResult> CheckpointsAsync(
        AuditQueries queries, CancellationToken cancellationToken, int? limit = null, string? cursor = null)
    {
        if (!PageRequest.Read(limit, cursor).TryGet(out var page, out var fault)) return fault.Problem();
        if (!page.KeyAfter<long>().TryGet(out var before, out fault)) return fault.Problem();
        var checkpoints = await queries.ListCheckpointsAsync(before, page.Limit + 1, cancellationToken);
        return TypedResults.Ok(page.PageOf(checkpoints, static checkpoint => Key(checkpoint.Size)));
    }

    private static async Task<IResult> VerifyAsync(
        VerifyAuditRequest request, AuditVerification verification, CancellationToken cancellationToken) =>
        (await verification.VerifyAsync(request.Checkpoints ?? [], cancellationToken)).ToOk();

    private static async Task<IResult> ExportAsync(
        AuditExport export, CancellationToken cancellationToken, string? action = null, string? actor = null,
        string? resource = null, string? outcome = null, DateTimeOffset? from = null, DateTimeOffset? to = null)
    {
        if (!Read(action, actor, resource, outcome, from, to).TryGet(out var filter, out var fault)) return fault.Problem();
        if (!(await export.BeginAsync(filter, cancellationToken)).TryGet(out var head, out fault)) return fault.Problem();
        return TypedResults.Stream(
            target => export.WriteAsync(head, filter, target, cancellationToken), "application/jsonl", "audit.jsonl");
    }

    private static Result<AuditFilter> Read(
        string? action, string? actor, string? resource, string? outcome, DateTimeOffset? from, DateTimeOffset? to)
    {
        if (new[] { action, actor, resource }.Any(CannotBe)) return AuditFaults.BadFilter;
        if (outcome is not null && AuditWords.OutcomeOf(outcome) is null) return AuditFaults.BadOutcome;
        if (resource is null) return new AuditFilter(action, actor, null, outcome, from, to);
        var parts = resource.Split(':', 2);
        if (parts[0].Length == 0) return AuditFaults.BadResource;
        return new AuditFilter(action, actor, (parts[0], parts.Length == 2 ? parts[1] : null), outcome, from, to);
    }

    private static bool CannotBe(string? text) => text is not null && (text.Length > FilterLengthMax || text.Contains('\0'));

    private static string Key(long number) => number.ToString(CultureInfo.InvariantCulture);
}
