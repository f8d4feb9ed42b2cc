using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using CodexOS.Platform.Egress;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Http;
using CodexOS.Platform.Storage;
using CodexOS.Platform.Tenancy;
using CodexOS.Tools.Catalogue;
using CodexOS.Tools.Contracts;
using CodexOS.Tools.Storage;
using CodexOS.Trust.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace CodexOS.Tools.Connections;

/// <summary>
/// Keeps the connections of the present tenant: (1) the settings are checked, (2) the source is asked what it offers,
/// (3) that is cleaned, bounded and given names, (4) settings and tools are stored together. A source that does not answer
/// keeps nobody from setting the connection up; it can be refreshed later.
/// </summary>
internal sealed class ConnectionStore(
    IDbContextFactory<ToolsDb> contexts,
    ConnectionKinds kinds,
    ToolCatalogue own,
    ISecretSource secrets,
    TenantContext tenants,
    IProjects projects,
    IAuditLog audit,
    IOptions<ConnectionOptions> options,
    TimeProvider clock)
{
    public async Task<Result<ConnectionView>> CreateAsync(
        string name, ConnectionSettings settings, IReadOnlyDictionary<string, ToolOverride> overrides, Caller caller,
        CancellationToken cancellationToken)
    {
        // 1.
        if (await CheckAsync(settings, overrides, cancellationToken) is { } wrong) return wrong;
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        if (await db.Connections.AnyAsync(row => row.Name == name, cancellationToken)) return ConnectionFaults.Exists(name);
        if (await db.Connections.CountAsync(cancellationToken) >= options.Value.ConnectionsMax)
            return ConnectionFaults.TooMany(options.Value.ConnectionsMax);
        var now = Now();
        var (bare, document) = Apart(settings);
        var row = new ConnectionRow
        {
            Id = ConnectionId.New(clock),
            TenantId = tenants.Required,
            Name = name,
            Kind = settings.Kind,
            Settings = Write(bare),
            Document = document,
            Overrides = Write(overrides),
            Revision = 1,
            State = nameof(ConnectionState.Failed),
            Notes = Write(ConnectionNotes.None),
            CreatedAt = now,
            CreatedBy = caller.User.ToString(),
            ChangedAt = now,
        };

        // 2 and 3.
        var found = await DiscoverAsync(Connection.Of(row), cancellationToken);

        // 4.
        await projects.FreeAsync(new Resource(ResourceKinds.Connection, name), cancellationToken);
        db.Connections.Add(row);
        return await SaveAsync(db, "connections.create", row, found, cancellationToken);
    }

    public async Task<Result<ConnectionView>> UpdateAsync(
        string name, ConnectionSettings? settings, IReadOnlyDictionary<string, ToolOverride>? overrides, int? revision,
        CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        if (await db.Connections.SingleOrDefaultAsync(row => row.Name == name, cancellationToken) is not { } row)
            return ConnectionFaults.NotFound(name);
        if (revision is { } wanted && wanted != row.Revision) return ConnectionFaults.Changed(name);
        var before = Connection.Of(row);
        if (settings is not null && settings.Kind != row.Kind)
            return ConnectionFaults.BadSettings($"its kind is {row.Kind}, and that does not change; set up another connection");
        var (bare, document) = Apart(settings ?? before.Settings);
        if (settings is ConnectionSettings.OpenApi { Given: { Document: null, Url: null } given })
        {
            // Without another document the one that is there stays.
            bare = new ConnectionSettings.OpenApi(given with { Url = ((ConnectionSettings.OpenApi)before.Settings).Given.Url });
            document = row.Document;
        }
        else if (settings is null)
        {
            document = row.Document;
        }

        var whole = Together(bare, document);
        if (await CheckAsync(whole, overrides ?? before.Overrides, cancellationToken) is { } wrong) return wrong;
        (row.Settings, row.Document, row.Overrides) = (Write(bare), document, Write(overrides ?? before.Overrides));
        var found = settings is null ? null : (Result<Discovery>?)await DiscoverAsync(Connection.Of(row), cancellationToken);
        return await SaveAsync(db, "connections.update", row, found, cancellationToken);
    }

    public async Task<Result<ConnectionView>> RefreshAsync(string name, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        if (await db.Connections.SingleOrDefaultAsync(row => row.Name == name, cancellationToken) is not { } row)
            return ConnectionFaults.NotFound(name);
        var found = await DiscoverAsync(Connection.Of(row), cancellationToken);
        return await SaveAsync(db, "connections.refresh", row, found, cancellationToken);
    }

    public async Task<Result<Done>> RemoveAsync(string name, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        if (await db.Connections.SingleOrDefaultAsync(row => row.Name == name, cancellationToken) is not { } row)
            return ConnectionFaults.NotFound(name);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        await db.ConnectionTools.Where(tool => tool.ConnectionId == row.Id).ExecuteDeleteAsync(cancellationToken);
        await db.Connections.Where(it => it.Id == row.Id).ExecuteDeleteAsync(cancellationToken);
        await audit.RecordAsync(EntryOf("connections.remove", row), db, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        await projects.GoneAsync(new Resource(ResourceKinds.Connection, name), CancellationToken.None);
        return Done.Value;
    }

    public async Task<Result<ConnectionView>> FindAsync(string name, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        if (await db.Connections.AsNoTracking().SingleOrDefaultAsync(row => row.Name == name, cancellationToken) is not { } row)
            return ConnectionFaults.NotFound(name);
        return await ViewOfAsync(db, row, cancellationToken);
    }

    /// <summary>Connections by name, after a name.</summary>
    /// <param name="names">Only of these; null for all.</param>
    /// <param name="after">The name.</param>
    /// <param name="countMax">How many at most.</param>
    /// <param name="cancellationToken">Stops the look.</param>
    public async Task<List<ConnectionView>> ListAsync(
        IReadOnlySet<string>? names, string? after, int countMax, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var rows = db.Connections.AsNoTracking();
        if (names is not null) rows = rows.Where(row => EF.Parameter(names).Contains(row.Name));
        if (after is not null) rows = rows.Where(row => string.Compare(row.Name, after) > 0);
        var views = new List<ConnectionView>();
        foreach (var row in await rows.OrderBy(static row => row.Name).Take(countMax).ToListAsync(cancellationToken))
            views.Add(await ViewOfAsync(db, row, cancellationToken));
        return views;
    }

    /// <summary>Tools of a connection by name, after a name.</summary>
    public async Task<Result<List<ConnectionTool>>> ToolsAsync(
        string name, string? after, int countMax, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        if (await db.Connections.AsNoTracking().SingleOrDefaultAsync(row => row.Name == name, cancellationToken) is not { } row)
            return ConnectionFaults.NotFound(name);
        var connection = Connection.Of(row);
        var rows = db.ConnectionTools.AsNoTracking().Where(tool => tool.ConnectionId == row.Id);
        if (after is not null) rows = rows.Where(tool => string.Compare(tool.Name, after) > 0);
        var found = await rows.OrderBy(static tool => tool.Name).Take(countMax).ToListAsync(cancellationToken);
        return found.ConvertAll(tool =>
            ToolOf(connection, JsonSerializer.Deserialize<ToolDefinition>(tool.Definition, Json.Options)!));
    }

    private async ValueTask<Fault?> CheckAsync(
        ConnectionSettings settings, IReadOnlyDictionary<string, ToolOverride> overrides, CancellationToken cancellationToken)
    {
        if ((kinds.Of(settings).Check(settings) ?? ConnectionContracts.Check(overrides)) is { } wrong) return wrong;
        var secret = settings switch
        {
            ConnectionSettings.McpHttp http => http.Given.Secret,
            ConnectionSettings.OpenApi api => api.Given.Secret,
            _ => null,
        };
        return secret is null || await secrets.HasAsync(secret, tenants.Required, cancellationToken)
            ? null
            : ConnectionFaults.NoSuchSecret(secret);
    }

    private async Task<Result<Discovery>> DiscoverAsync(Connection connection, CancellationToken cancellationToken)
    {
        using var timeUp = new CancellationTokenSource(options.Value.RefreshTimeMax, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeUp.Token, cancellationToken);
        try
        {
            var asked = await kinds.Of(connection.Settings).DiscoverAsync(connection, either.Token);
            return asked.TryGet(out var found, out var fault) ? Bounded(connection, found) : fault;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return ConnectionFaults.TimedOut(options.Value.RefreshTimeMax);
        }
    }

    /// <summary>Leaves out what cannot be called here, and says why; too much altogether is not taken at all.</summary>
    private Result<Discovery> Bounded(Connection connection, Discovery found)
    {
        var limits = options.Value;
        if (found.Tools.Length > limits.ToolsMax)
            return ConnectionFaults.TooMuch($"{limits.ToolsMax} tools", nameof(ConnectionOptions.ToolsMax));
        var kept = new Dictionary<string, ToolDefinition>(StringComparer.Ordinal);
        var skipped = found.Notes.Skipped.ToBuilder();
        long bytes = 0;
        foreach (var tool in found.Tools)
        {
            if (kept.TryGetValue(tool.Name, out var other))
            {
                skipped.Add(new SkippedTool(ConnectionFaults.Shown(tool.Given), $"it would be called {tool.Name}, as '{other.Given}' is"));
                continue;
            }

            if (WhatIsWrong(connection, tool) is { } wrong)
            {
                skipped.Add(new SkippedTool(ConnectionFaults.Shown(tool.Given), wrong));
                continue;
            }

            bytes += Encoding.UTF8.GetByteCount(Write(tool));
            kept.Add(tool.Name, tool);
        }

        if (bytes > limits.DefinitionsBytesMax)
            return ConnectionFaults.TooMuch($"{limits.DefinitionsBytesMax} bytes of definitions", nameof(ConnectionOptions.DefinitionsBytesMax));
        var shown = skipped.Take(limits.ToolsMax).ToImmutableArray();
        return new Discovery([.. kept.Values], found.Notes with { Skipped = shown });
    }

    private string? WhatIsWrong(Connection connection, ToolDefinition tool)
    {
        try
        {
            _ = ConnectionContracts.EntryOf(
                kinds.Of(connection.Settings),
                connection with { Overrides = ImmutableDictionary<string, ToolOverride>.Empty },
                tool);
            return null;
        }
        catch (Exception malformed) when (malformed is InvalidOperationException or JsonException or ArgumentException
            or Newtonsoft.Json.JsonException or NotSupportedException or FormatException or OverflowException)
        {
            // The library that compiles schemas says with exceptions what it cannot read.
            return $"its schema cannot be used: {PlainText.Line(malformed.Message, 200)}";
        }
    }

    private async Task<Result<ConnectionView>> SaveAsync(
        ToolsDb db, string action, ConnectionRow row, Result<Discovery>? found, CancellationToken cancellationToken)
    {
        var isNew = db.Entry(row).State is EntityState.Added;
        Discovery? discovery = null;
        if (found is { } asked && !asked.TryGet(out discovery, out var fault))
        {
            row.State = nameof(ConnectionState.Failed);
            row.Notes = Write(Connection.Of(row).Notes with { Fault = ConnectionFault.Of(fault) });
        }

        if (discovery?.Tools.FirstOrDefault(tool => own.Find(tool.Name) is not null) is { } taken)
            return ConnectionFaults.NameTaken(row.Name, taken.Name);
        row.ChangedAt = Now();
        if (!isNew) row.Revision++;
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        if (discovery is not null)
        {
            (row.State, row.Notes, row.RefreshedAt) = (nameof(ConnectionState.Ready), Write(discovery.Notes), row.ChangedAt);
            if (!isNew) await db.ConnectionTools.Where(tool => tool.ConnectionId == row.Id).ExecuteDeleteAsync(cancellationToken);
            db.ConnectionTools.AddRange(discovery.Tools.Select(tool => new ConnectionToolRow
            {
                TenantId = row.TenantId,
                Name = tool.Name,
                ConnectionId = row.Id,
                Definition = Write(tool),
            }));
        }

        try
        {
            await db.SaveChangesAsync(cancellationToken);
            await audit.RecordAsync(EntryOf(action, row), db, cancellationToken);
            await transaction.CommitAsync(cancellationToken);
        }
        catch (DbUpdateException error) when (Conflicts.Caused(error))
        {
            await transaction.RollbackAsync(cancellationToken);
            return await WhoWasFirstAsync(row, isNew, discovery, cancellationToken);
        }

        return await ViewOfAsync(db, row, cancellationToken);
    }

    private static AuditEntry EntryOf(string action, ConnectionRow row) => AuditEntry.Done(action)
        .On("connection", row.Name).With("kind", row.Kind).With("revision", $"{row.Revision}").With("state", row.State);

    /// <summary>Somebody else has written the same connection, the same name, or a tool of the same name.</summary>
    private async Task<Fault> WhoWasFirstAsync(
        ConnectionRow row, bool isNew, Discovery? discovery, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        if (isNew && await db.Connections.AnyAsync(it => it.Name == row.Name, cancellationToken))
            return ConnectionFaults.Exists(row.Name);
        var names = discovery?.Tools.Select(static tool => tool.Name).ToList() ?? [];
        var taken = await db.ConnectionTools.Where(tool => tool.ConnectionId != row.Id && names.Contains(tool.Name))
            .Select(static tool => tool.Name).FirstOrDefaultAsync(cancellationToken);
        return taken is null ? ConnectionFaults.Changed(row.Name) : ConnectionFaults.NameTaken(row.Name, taken);
    }

    private ConnectionTool ToolOf(Connection connection, ToolDefinition definition)
    {
        // One that is switched off is shown as what it would be.
        var said = connection.Overrides.GetValueOrDefault(definition.Name);
        var shown = said is null ? connection : connection with
        {
            Overrides = connection.Overrides.SetItem(definition.Name, said with { Disabled = false }),
        };
        var contract = ConnectionContracts.EntryOf(kinds.Of(connection.Settings), shown, definition)!.Contract;
        return new ConnectionTool(
            contract.Name, definition.Given, contract.Description, contract.InputSchema, contract.Effect, contract.Repeat,
            contract.AsksByDefault, contract.Source, said?.Disabled ?? false, definition.Hints, definition.Notes,
            contract.DefinitionHash());
    }

    private static async Task<ConnectionView> ViewOfAsync(ToolsDb db, ConnectionRow row, CancellationToken cancellationToken)
    {
        var count = await db.ConnectionTools.CountAsync(tool => tool.ConnectionId == row.Id, cancellationToken);
        var connection = Connection.Of(row);
        return new ConnectionView(
            row.Id,
            row.Name,
            row.Kind,
            (connection.Settings as ConnectionSettings.McpHttp)?.Given,
            (connection.Settings as ConnectionSettings.McpStdio)?.Given,
            (connection.Settings as ConnectionSettings.OpenApi)?.Given,
            connection.Overrides,
            Enum.Parse<ConnectionState>(row.State),
            connection.Notes.Fault,
            connection.Notes.Server,
            count,
            connection.Notes.Skipped,
            row.Revision,
            row.CreatedAt,
            row.CreatedBy,
            row.ChangedAt,
            row.RefreshedAt);
    }

    /// <summary>Settings without the document that was given with them, and the document.</summary>
    private static (ConnectionSettings Bare, string? Document) Apart(ConnectionSettings settings) =>
        settings is ConnectionSettings.OpenApi { Given: { Document: { } document } given }
            ? (new ConnectionSettings.OpenApi(given with { Document = null }), document)
            : (settings, null);

    private static ConnectionSettings Together(ConnectionSettings bare, string? document) =>
        bare is ConnectionSettings.OpenApi { Given: { } given } && document is not null
            ? new ConnectionSettings.OpenApi(given with { Document = document })
            : bare;

    // As its base, so that the kind is written with it.
    private static string Write(ConnectionSettings settings) => JsonSerializer.Serialize(settings, Json.Options);

    private static string Write<T>(T value) => JsonSerializer.Serialize(value, Json.Options);

    private DateTimeOffset Now() => DateTimeOffset.FromUnixTimeMilliseconds(clock.GetUtcNow().ToUnixTimeMilliseconds());
}
