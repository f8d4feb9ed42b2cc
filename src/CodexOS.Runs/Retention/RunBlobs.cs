using CodexOS.Platform.Blobs;
using CodexOS.Platform.Storage;
using CodexOS.Runs.Execution;
using CodexOS.Runs.Storage;
using Microsoft.EntityFrameworkCore;

namespace CodexOS.Runs.Retention;

/// <summary>Which blobs runs name: payloads of events, what archives name and are, and what waits to be removed.</summary>
internal sealed class RunBlobs(IDbContextFactory<RunsDbContext> contexts, Database database) : IBlobWitness
{
    // The condition is the one of the index over the few events that name a blob, letter by letter.
    private const string NamingOnPostgres =
        "SELECT * FROM runs.run_events WHERE substr(payload, 1, 10) = '{{\"$blob\":\"'";

    private const string NamingOnSqlite =
        "SELECT * FROM run_events WHERE substr(payload, 1, 10) = '{{\"$blob\":\"'";

    /// <inheritdoc />
    public string Name => "runs";

    /// <inheritdoc />
    public async Task<IReadOnlyCollection<string>> NamedAsync(
        IReadOnlyList<string> hashes, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var named = await NamedAsync(db, hashes, cancellationToken);
        // After the runs: a run that is deleted leaves its blobs to the trash, which removes them itself.
        named.UnionWith(await db.Trash.Where(blob => hashes.Contains(blob.Hash)).Select(static blob => blob.Hash)
            .ToListAsync(cancellationToken));
        return named;
    }

    /// <summary>Those that runs name.</summary>
    public async Task<HashSet<string>> NamedAsync(
        RunsDbContext db, IReadOnlyList<string> hashes, CancellationToken cancellationToken)
    {
        var naming = database.Dialect is SqlDialect.Postgres ? NamingOnPostgres : NamingOnSqlite;
        var references = hashes.Select(RunPayloads.ReferenceTo).ToList();
        // The events first: a run that is archived names its blobs in the other table before its events go.
        var events = await db.Events.FromSqlRaw(naming).Where(row => references.Contains(row.Payload))
            .Select(static row => row.Payload).Distinct().ToListAsync(cancellationToken);
        var named = events.Select(RunPayloads.BlobOf).OfType<string>().ToHashSet(StringComparer.Ordinal);
        named.UnionWith(await db.Blobs.Where(blob => hashes.Contains(blob.Hash)).Select(static blob => blob.Hash)
            .Distinct().ToListAsync(cancellationToken));
        return named;
    }
}
