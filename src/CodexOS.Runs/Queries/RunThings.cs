using CodexOS.Platform.Faults;
using CodexOS.Platform.Tenancy;
using CodexOS.Runs.Contracts;
using CodexOS.Runs.Execution;
using CodexOS.Runs.Storage;
using Microsoft.EntityFrameworkCore;

namespace CodexOS.Runs.Queries;

/// <summary>
/// What a run belongs to. The engine knows no agents: it knows that a run of the kind <c>agent</c> has the name of one as its
/// subject, which is how such a thing is named.
/// </summary>
internal sealed class RunThings(IDbContextFactory<RunsDbContext> contexts) : IRunThings
{
    public const string Read = "runs:read";

    public string SeePermission => Read;

    public async Task<Resource?> FindAsync(string name, CancellationToken cancellationToken)
    {
        if (!RunId.TryParse(name, null, out var id)) return null;
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var subject = await db.Runs.Where(run => run.RunId == id && run.Kind == ResourceKinds.Agent)
            .Select(run => run.Subject).FirstOrDefaultAsync(cancellationToken);
        return subject is null ? null : new Resource(ResourceKinds.Agent, subject);
    }

    public async Task<bool> SeesAsync(Caller caller, RunId run, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(caller);
        if (caller.May(Read))
        {
            await using var db = await contexts.CreateDbContextAsync(cancellationToken);
            return await db.Runs.AnyAsync(row => row.RunId == run, cancellationToken);
        }

        return await FindAsync(run.ToString(), cancellationToken) is { } thing && caller.May(Read, thing);
    }

    public Fault NotFound(string name) => RunId.TryParse(name, null, out var id)
        ? RunFaults.NotFound(id)
        : new Fault("runs.not_found", FaultKind.NotFound, "There is no such run.");
}
