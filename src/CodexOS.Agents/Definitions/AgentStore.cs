using CodexOS.Agents.Contracts;
using CodexOS.Agents.Storage;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Quotas;
using CodexOS.Platform.Storage;
using CodexOS.Platform.Tenancy;
using CodexOS.Tools.Contracts;
using CodexOS.Trust.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace CodexOS.Agents.Definitions;

/// <summary>
/// Keeps agents of the present tenant. A version never changes: applying a definition that means the same as the newest
/// version makes none, anything else makes the next.
/// </summary>
internal sealed class AgentStore(
    IDbContextFactory<AgentsDb> contexts,
    DefinitionReader reader,
    TenantContext tenants,
    TenantQuotas quotas,
    IProjects projects,
    IAuditLog audit,
    IOptions<AgentsOptions> options,
    TimeProvider clock) : IDisposable
{
    private const int TriesMax = 5;

    // Writers of one process take turns; only those of several processes can meet in the database.
    private readonly SemaphoreSlim _turn = new(1);

    /// <summary>Checks a definition and makes it the newest version of its agent.</summary>
    /// <param name="text">The author's YAML.</param>
    /// <param name="author">Who applies it.</param>
    /// <param name="project">The project that the agent lies in if it is there already; null for wherever it lies.</param>
    /// <param name="cancellationToken">Stops the attempt; nothing is half applied.</param>
    public async Task<Result<AgentVersion>> ApplyAsync(
        string text, Caller author, string? project, CancellationToken cancellationToken)
    {
        if (!(await reader.ReadAsync(text, author, cancellationToken)).TryGet(out var definition, out var fault)) return fault;
        await _turn.WaitAsync(cancellationToken);
        try
        {
            return await ApplyInTurnAsync(definition, text, author.User.ToString(), project, cancellationToken);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>An agent by name or id, with one of its versions (the newest if none is named).</summary>
    public async Task<Result<(AgentRow Agent, AgentVersionRow Version)>> FindAsync(
        string nameOrId, int? version, CancellationToken cancellationToken)
    {
        if (!CanBeNamed(nameOrId)) return NotFound(nameOrId);
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var found = await Named(db, nameOrId)
            .Join(
                db.Versions,
                static agent => agent.Id,
                static row => row.AgentId,
                static (agent, row) => new { agent, row })
            .Where(it => it.row.Version == (version ?? it.agent.Version))
            .AsNoTracking()
            .SingleOrDefaultAsync(cancellationToken);
        if (found is not null) return (found.agent, found.row);
        return version is { } wanted && await Named(db, nameOrId).AnyAsync(cancellationToken)
            ? new Fault("agents.version_not_found", FaultKind.NotFound, $"The agent has no version {wanted}.")
            : NotFound(nameOrId);
    }

    /// <summary>Agents by name, after a name.</summary>
    /// <param name="names">Only of these; null for all.</param>
    /// <param name="after">The name.</param>
    /// <param name="countMax">How many at most.</param>
    /// <param name="cancellationToken">Stops the look.</param>
    public async Task<List<AgentRow>> ListAsync(
        IReadOnlySet<string>? names, string? after, int countMax, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var agents = db.Agents.AsNoTracking();
        if (names is not null) agents = agents.Where(agent => EF.Parameter(names).Contains(agent.Name));
        if (after is not null) agents = agents.Where(agent => string.Compare(agent.Name, after) > 0);
        return await agents.OrderBy(static agent => agent.Name).Take(countMax).ToListAsync(cancellationToken);
    }

    /// <summary>Versions of an agent, newest first, before a version.</summary>
    public async Task<Result<(AgentRow Agent, List<AgentVersionRow> Versions)>> ListVersionsAsync(
        string nameOrId, int? before, int countMax, CancellationToken cancellationToken)
    {
        if (!CanBeNamed(nameOrId)) return NotFound(nameOrId);
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var agent = await Named(db, nameOrId).AsNoTracking().SingleOrDefaultAsync(cancellationToken);
        if (agent is null) return NotFound(nameOrId);
        var versions = db.Versions.AsNoTracking().Where(row => row.AgentId == agent.Id);
        if (before is { } number) versions = versions.Where(row => row.Version < number);
        return (agent, await versions
            .OrderByDescending(static row => row.Version)
            .Take(countMax)
            .ToListAsync(cancellationToken));
    }

    /// <summary>Gives the present tenant an agent, once and for all: not again after it was deleted.</summary>
    public async Task<Result<Done>> SeedAsync(string text, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            return await SeedInTurnAsync(text, cancellationToken);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <inheritdoc />
    public void Dispose() => _turn.Dispose();

    private async Task<Result<AgentVersion>> ApplyInTurnAsync(
        AgentDefinition definition, string text, string by, string? project, CancellationToken cancellationToken)
    {
        for (var attempt = 1; attempt <= TriesMax; attempt++)
        {
            await using var db = await contexts.CreateDbContextAsync(cancellationToken);
            try
            {
                var staged = await StageAsync(db, definition, text, by, project, cancellationToken);
                await SaveAsync(db, staged, EntryOf, cancellationToken);
                return staged;
            }
            catch (DbUpdateException error) when (Conflicts.Caused(error))
            {
                // Somebody else applied the same agent in between: look again at what is newest now.
            }
        }

        return new Fault(
            "agents.apply_conflict",
            FaultKind.Conflict,
            $"The agent {definition.Name} is being changed by others at the same moment. Apply it again.");
    }

    private async Task<Result<Done>> SeedInTurnAsync(string text, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        if (await db.Seeded.AnyAsync(cancellationToken)) return Done.Value;
        var read = await reader.ReadAsync(text, author: null, cancellationToken);
        if (!read.TryGet(out var definition, out var fault)) return fault;
        try
        {
            Result<AgentVersion>? staged = null;
            if (!await db.Agents.AnyAsync(row => row.Name == definition.Name, cancellationToken))
                staged = await StageAsync(db, definition, text, "codexos", project: null, cancellationToken);
            db.Seeded.Add(new SeededRow { TenantId = tenants.Required, SeededAt = Now() });
            await SaveAsync(db, staged, static version => EntryOf(version).By(AuditActor.System), cancellationToken);
        }
        catch (DbUpdateException error) when (Conflicts.Caused(error))
        {
            // Another request of the tenant did the same at the same moment, whole or not at all.
        }

        return Done.Value;
    }

    /// <summary>Saves what was staged; where it is a new version, together with its entry in the audit log.</summary>
    private async Task SaveAsync(
        AgentsDb db, Result<AgentVersion>? staged, Func<AgentVersion, AuditEntry> entryOf, CancellationToken cancellationToken)
    {
        if (staged is not { IsOk: true, Value: { Changed: true } version })
        {
            await db.SaveChangesAsync(cancellationToken);
            return;
        }

        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        await db.SaveChangesAsync(cancellationToken);
        await audit.RecordAsync(entryOf(version), db, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    private static AuditEntry EntryOf(AgentVersion version) => AuditEntry.Done("agents.apply")
        .On("agent", version.Name).With("version", $"{version.Version}").With("digest", version.Digest);

    private async Task<Result<AgentVersion>> StageAsync(
        AgentsDb db, AgentDefinition definition, string text, string by, string? project, CancellationToken cancellationToken)
    {
        var document = definition.Canonical();
        var digest = CanonicalJson.Hash(document);
        var now = Now();
        var agent = await db.Agents.SingleOrDefaultAsync(row => row.Name == definition.Name, cancellationToken);
        if (agent is not null)
        {
            var itself = new Resource(ResourceKinds.Agent, agent.Name);
            if (project is not null && await projects.WhyNotAnewAsync(project, itself, cancellationToken) is { } elsewhere)
                return elsewhere;
            var newest = await db.Versions.AsNoTracking().SingleAsync(
                row => row.AgentId == agent.Id && row.Version == agent.Version, cancellationToken);
            if (newest.Digest == digest) return AgentVersion.Of(agent.Name, newest, changed: false);
            if (agent.Version >= options.Value.VersionsPerAgentMax) return TooManyVersions(agent.Name);
            Show(agent, definition, now);
            agent.Version++;
        }
        else
        {
            if (quotas.Check(AgentsQuota.QuotaName, await db.Agents.CountAsync(cancellationToken)) is { } full) return full;
            agent = NewRow(definition, now);
            db.Agents.Add(agent);
        }

        var version = new AgentVersionRow
        {
            AgentId = agent.Id,
            Version = agent.Version,
            TenantId = tenants.Required,
            Definition = text,
            Document = document,
            Digest = digest,
            CreatedAt = now,
            CreatedBy = by,
        };
        db.Versions.Add(version);
        return AgentVersion.Of(agent.Name, version, changed: true);
    }

    private AgentRow NewRow(AgentDefinition definition, DateTimeOffset now) => new()
    {
        Id = AgentId.New(clock),
        TenantId = tenants.Required,
        Name = definition.Name,
        Title = definition.Title,
        Description = definition.Description,
        Model = definition.Model,
        Tools = ToolNames(definition),
        Version = 1,
        CreatedAt = now,
        UpdatedAt = now,
    };

    private static void Show(AgentRow agent, AgentDefinition definition, DateTimeOffset now)
    {
        agent.Title = definition.Title;
        agent.Description = definition.Description;
        agent.Model = definition.Model;
        agent.Tools = ToolNames(definition);
        agent.UpdatedAt = now;
    }

    private static string ToolNames(AgentDefinition definition) =>
        string.Join(' ', definition.Tools.Select(static tool => tool.Name));

    /// <summary>Milliseconds are what SQLite keeps, and what is kept is what is answered.</summary>
    private DateTimeOffset Now() =>
        DateTimeOffset.FromUnixTimeMilliseconds(clock.GetUtcNow().ToUnixTimeMilliseconds());

    private static IQueryable<AgentRow> Named(AgentsDb db, string nameOrId) =>
        AgentId.TryParse(nameOrId, null, out var id)
        ? db.Agents.Where(agent => agent.Id == id)
        : db.Agents.Where(agent => agent.Name == nameOrId);

    /// <summary>Keeps what can be no name away from the database.</summary>
    public static bool CanBeNamed(string nameOrId) => nameOrId.Length <= 64
        && nameOrId.All(static character => char.IsAsciiLetterOrDigit(character) || character is '-' or '_');

    private static Fault NotFound(string nameOrId) => new(
        "agents.not_found",
        FaultKind.NotFound,
        $"There is no agent '{(nameOrId.Length > 64 ? nameOrId[..64] + "…" : nameOrId)}'. "
        + "GET /api/v1/agents lists yours.");

    private Fault TooManyVersions(string name) => new(
        "agents.too_many_versions",
        FaultKind.LimitReached,
        $"The agent {name} has {options.Value.VersionsPerAgentMax} versions, which is the most. "
        + "Apply it under a new name.");
}
