using System.Globalization;
using CodexOS.Platform.Http;
using CodexOS.Trust.Contracts;
using CodexOS.Trust.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;

namespace CodexOS.Trust.Keys;

/// <summary>The tenant's encryption keys over HTTP: what there is of them; none is ever shown. Rotating is a run.</summary>
internal static class KeyEndpoints
{
    public static void Map(IEndpointRouteBuilder api)
    {
        var keys = api.MapGroup("/keys").WithTags("Keys").ProducesProblem(401).ProducesProblem(403);
        keys.MapGet("", ListAsync).RequirePermission("keys:read")
            .WithName("ListKeys").WithSummary("The versions of the tenant's encryption keys, newest first.")
            .Produces<Page<KeyVersion>>()
            .ProducesProblem(400);
    }

    private static async Task<IResult> ListAsync(
        TrustDb db, KeyRotation rotation, CancellationToken cancellationToken, int? limit = null, string? cursor = null)
    {
        if (!PageRequest.Read(limit, cursor).TryGet(out var page, out var fault)) return fault.Problem();
        var skip = 0;
        if (page.After is { } after && !int.TryParse(after, NumberStyles.None, CultureInfo.InvariantCulture, out skip))
            return PageRequest.BadCursor.Problem();
        var rows = await db.Keys.AsNoTracking()
            .OrderByDescending(static row => row.CreatedAt).ThenBy(static row => row.Purpose).ThenBy(static row => row.Subject)
            .ThenByDescending(static row => row.Version)
            .Skip(skip).Take(page.Limit + 1)
            .ToListAsync(cancellationToken);
        var versions = new List<KeyVersion>();
        foreach (var row in rows)
        {
            versions.Add(new KeyVersion(
                row.KeyId, row.Purpose, row.Subject.Length > 0 ? row.Subject : null, row.Version, row.Status,
                await rotation.UsesOfAsync(db, row, cancellationToken), row.CreatedAt, row.ChangedAt));
        }

        return TypedResults.Ok(page.PageOf(
            versions, _ => (skip + page.Limit).ToString(CultureInfo.InvariantCulture)));
    }
}

/// <summary>One version of an encryption key; never the key itself.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Purpose">What it is for: <c>tenant</c> wraps the others, <c>data</c> seals, <c>index</c> finds, <c>subject</c> is a person's.</param>
/// <param name="Subject">Whose key it is, of a person's.</param>
/// <param name="Version">Its number, from 1.</param>
/// <param name="Status"><c>active</c>, <c>retiring</c>, <c>retired</c> or <c>destroyed</c>.</param>
/// <param name="Uses">How many values, or keys, are under it.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="ChangedAt">When its status last changed.</param>
public sealed record KeyVersion(
    VaultKeyId Id, string Purpose, string? Subject, int Version, string Status, long Uses, DateTimeOffset CreatedAt,
    DateTimeOffset ChangedAt);
