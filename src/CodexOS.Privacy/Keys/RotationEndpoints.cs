using System.Text.Json;
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

namespace CodexOS.Privacy.Keys;

/// <summary>Rotations of keys over HTTP. A rotation is a run: it is watched and ended as every run is.</summary>
internal static class RotationEndpoints
{
    private const int BodyBytesMax = 4 * 1024;
    private const int StepsMax = 10_000;

    public static void Map(IEndpointRouteBuilder api)
    {
        var keys = api.MapGroup("/keys", "Keys", BodyBytesMax);
        keys.MapPost("/rotate", StartAsync).RequirePermission("keys:rotate")
            .WithName("RotateKeys")
            .WithSummary("Starts a run that replaces the tenant's encryption keys and seals everything anew, while they are in use.")
            .ProducesProblem(StatusCodes.Status409Conflict)
            .ProducesProblem(StatusCodes.Status429TooManyRequests)
            .ProducesProblem(StatusCodes.Status503ServiceUnavailable);
        keys.MapGet("/rotations", ListAsync).RequirePermission("keys:read")
            .WithName("ListKeyRotations").WithSummary("The rotations of the tenant's keys, newest first, with what each came to.")
            .Produces<Page<KeyRotationView>>()
            .ProducesProblem(StatusCodes.Status400BadRequest);
        keys.MapGet("/rotations/{runId}", GetAsync).RequirePermission("keys:read")
            .WithName("GetKeyRotation").WithSummary("One rotation of the tenant's keys, with what it came to.")
            .Produces<KeyRotationView>()
            .ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static async Task<Results<Accepted<Run>, ProblemHttpResult>> StartAsync(
        [FromHeader(Name = "Idempotency-Key")] string? idempotencyKey, Caller caller, KeyRotations rotations, IRuns runs,
        IOptions<PrivacyOptions> options, CancellationToken cancellationToken)
    {
        // Asked again with the key that started it, the run itself is the answer.
        if (await rotations.PresentAsync(cancellationToken) is { } present
            && !await IsOfAsync(runs, present.Id, idempotencyKey, cancellationToken))
        {
            return PrivacyFaults.RotationBusy(present.Id).Problem();
        }

        var started = await runs.StartAsync(
            new RunStart(
                caller.Tenant, caller.User, RotationProgram.RunKind, "keys", 1, "Rotation of the encryption keys",
                JsonSerializer.SerializeToElement(new RotationInput(idempotencyKey), Json.Options),
                JsonSerializer.SerializeToElement(new RotationGrant(Rotate: true), Json.Options),
                new RunLimits(StepsMax, options.Value.TimeMax, TokensMax: 1, CostMaxMicroUsd: 0),
                RunLabels.None, idempotencyKey),
            cancellationToken);
        return started.ToAccepted(static run => $"/api/v1/runs/{run.Id}");
    }

    private static async Task<IResult> ListAsync(
        PrivacyDb db, CancellationToken cancellationToken, int? limit = null, string? cursor = null)
    {
        if (!PageRequest.Read(limit, cursor).TryGet(out var page, out var fault)) return fault.Problem();
        if (!page.KeyAfter<RunId>().TryGet(out var before, out fault)) return fault.Problem();
        var rows = db.KeyRotations.AsNoTracking();
        if (before is { } last) rows = rows.Where(row => row.RunId.CompareTo(last) < 0);
        var found = await rows.OrderByDescending(static row => row.RunId).Take(page.Limit + 1).ToListAsync(cancellationToken);
        return TypedResults.Ok(page.PageOf(found.ConvertAll(ViewOf), static rotation => rotation.RunId.ToString()));
    }

    private static async Task<IResult> GetAsync(string runId, PrivacyDb db, CancellationToken cancellationToken) =>
        RunId.TryParse(runId, null, out var id)
        && await db.KeyRotations.AsNoTracking().SingleOrDefaultAsync(row => row.RunId == id, cancellationToken) is { } row
            ? TypedResults.Ok(ViewOf(row))
            : PrivacyFaults.RotationNotFound.Problem();

    private static async Task<bool> IsOfAsync(
        IRuns runs, RunId id, string? idempotencyKey, CancellationToken cancellationToken) =>
        idempotencyKey is not null
        && (await runs.CreationAsync(id, cancellationToken)).TryGet(out var created, out _)
        && Json.TryRead<RotationInput>(created.Input)?.Key == idempotencyKey;

    private static KeyRotationView ViewOf(KeyRotationRow row) =>
        new(row.RunId, row.StartedBy, row.StartedAt, row.EndedAt, KeyRotations.ReportOf(row));
}

/// <summary>What starts a rotation.</summary>
/// <param name="Key">The key by which the same start is known again.</param>
internal sealed record RotationInput(string? Key);

/// <summary>A rotation of the tenant's keys.</summary>
/// <param name="RunId">The run that does it, or did.</param>
/// <param name="StartedBy">Who asked for it.</param>
/// <param name="StartedAt">When it began.</param>
/// <param name="EndedAt">When it was done, or given up for the next one.</param>
/// <param name="Report">What it came to; null if it has not come to its end.</param>
public sealed record KeyRotationView(
    RunId RunId, UserId StartedBy, DateTimeOffset StartedAt, DateTimeOffset? EndedAt, KeyRotationReport? Report);

/// <summary>What a rotation of keys came to.</summary>
/// <param name="Before">The versions that were replaced.</param>
/// <param name="After">The versions that wrap and seal now.</param>
/// <param name="KeysWrapped">How many keys were wrapped anew.</param>
/// <param name="ValuesSealed">How many values were sealed anew.</param>
/// <param name="ValuesUnreadable">How many could not be opened, and stay under their old key.</param>
/// <param name="KeysRetired">
/// How many old versions were retired at once. The others follow when no server may still hold them in memory.
/// </param>
/// <param name="Tables">The tables whose values were sealed anew.</param>
public sealed record KeyRotationReport(
    KeyVersions Before, KeyVersions After, int KeysWrapped, long ValuesSealed, long ValuesUnreadable, int KeysRetired,
    IReadOnlyList<ResealedTable> Tables);

/// <summary>A table whose values were sealed anew.</summary>
/// <param name="Table">Its name.</param>
/// <param name="Values">How many values were under an old key.</param>
/// <param name="Sealed">How many of them are not any more.</param>
/// <param name="Unreadable">How many could not be opened.</param>
public sealed record ResealedTable(string Table, long Values, long Sealed, long Unreadable);
