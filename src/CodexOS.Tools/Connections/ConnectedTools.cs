using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Text.Json;
using CodexOS.Platform.Http;
using CodexOS.Tools.Catalogue;
using CodexOS.Tools.Contracts;
using CodexOS.Tools.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace CodexOS.Tools.Connections;

/// <summary>
/// The tools of the present tenant's connections. Which connections there are and how often each has changed is read from
/// the database every time, so that what one node does holds on all of them at once; only what a revision is made of is
/// remembered.
/// </summary>
internal sealed partial class ConnectedTools(
    IDbContextFactory<ToolsDb> contexts, ConnectionKinds kinds, IOptions<ConnectionOptions> options,
    ILogger<ConnectedTools> log) : IConnectedTools
{
    private readonly ConcurrentDictionary<ConnectionId, Remembered> _remembered = new();
    private long _bytes;

    /// <inheritdoc />
    public async ValueTask<IReadOnlyList<ToolEntry>> AllAsync(CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var all = new List<ToolEntry>();
        foreach (var (id, _, revision) in await StampsAsync(db, cancellationToken))
            all.AddRange((await ReadAsync(db, id, revision, cancellationToken)).Values);
        return all;
    }

    /// <inheritdoc />
    public async ValueTask<ToolEntry?> FindAsync(string name, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        foreach (var (id, connection, revision) in await StampsAsync(db, cancellationToken))
        {
            if (name.Length <= connection.Length || name[connection.Length] != '_'
                || !name.StartsWith(connection, StringComparison.Ordinal)) continue;
            if ((await ReadAsync(db, id, revision, cancellationToken)).GetValueOrDefault(name) is { } found) return found;
        }

        return null;
    }

    /// <summary>The connections of the tenant, each with its name and how often it has changed.</summary>
    private async Task<List<(ConnectionId Id, string Name, int Revision)>> StampsAsync(
        ToolsDb db, CancellationToken cancellationToken)
    {
        var rows = await db.Connections.AsNoTracking().OrderBy(static row => row.Name).Take(options.Value.ConnectionsMax)
            .Select(static row => new { row.Id, row.Name, row.Revision }).ToListAsync(cancellationToken);
        return [.. rows.Select(static row => (row.Id, row.Name, row.Revision))];
    }

    private async Task<FrozenDictionary<string, ToolEntry>> ReadAsync(
        ToolsDb db, ConnectionId id, int revision, CancellationToken cancellationToken)
    {
        if (_remembered.TryGetValue(id, out var known) && known.Revision == revision) return known.Tools;

        // One statement, so that tools and revision are of the same moment.
        var rows = await db.Connections.AsNoTracking().Where(row => row.Id == id)
            .LeftJoin(
                db.ConnectionTools,
                static row => row.Id,
                static tool => tool.ConnectionId,
                static (row, tool) => new
                {
                    row.Id,
                    row.TenantId,
                    row.Name,
                    row.Settings,
                    row.Overrides,
                    row.Notes,
                    row.Revision,
                    Definition = tool == null ? null : tool.Definition,
                })
            .ToListAsync(cancellationToken);
        if (rows.Count == 0) return FrozenDictionary<string, ToolEntry>.Empty;

        var first = rows[0];
        var connection = new Connection(
            first.Id, first.TenantId, first.Name, JsonSerializer.Deserialize<ConnectionSettings>(first.Settings, Json.Options)!,
            first.Revision)
        {
            Overrides = Connection.OverridesOf(first.Overrides),
            Notes = JsonSerializer.Deserialize<ConnectionNotes>(first.Notes, Json.Options)!,
        };
        var tools = new Dictionary<string, ToolEntry>(StringComparer.Ordinal);
        var bytes = 0L;
        foreach (var row in rows)
        {
            if (row.Definition is null) continue;
            bytes += row.Definition.Length;
            var definition = JsonSerializer.Deserialize<ToolDefinition>(row.Definition, Json.Options)!;
            if (EntryOf(connection, definition) is { } entry) tools[definition.Name] = entry;
        }

        var read = new Remembered(first.Revision, tools.ToFrozenDictionary(StringComparer.Ordinal), bytes);
        Remember(id, read);
        return read.Tools;
    }

    private ToolEntry? EntryOf(Connection connection, ToolDefinition definition)
    {
        try
        {
            return ConnectionContracts.EntryOf(kinds.Of(connection.Settings), connection, definition);
        }
        catch (InvalidOperationException malformed)
        {
            // An older version took it in; without its contract nobody may call it. The other tools are still there.
            LogMalformed(malformed, definition.Name, connection.Id);
            return null;
        }
    }

    private void Remember(ConnectionId id, Remembered read)
    {
        if (_remembered.TryRemove(id, out var before)) Interlocked.Add(ref _bytes, -before.Bytes);
        if (Interlocked.Add(ref _bytes, read.Bytes) > options.Value.RememberedBytesMax)
        {
            _remembered.Clear();
            Interlocked.Exchange(ref _bytes, read.Bytes);
        }

        _remembered[id] = read;
    }

    private sealed record Remembered(int Revision, FrozenDictionary<string, ToolEntry> Tools, long Bytes);

    [LoggerMessage(Level = LogLevel.Error, Message = "The stored definition of {Tool} of {Connection} is malformed; refresh it.")]
    private partial void LogMalformed(Exception malformed, string tool, ConnectionId connection);
}

/// <summary>The kinds of connections that there are.</summary>
internal sealed class ConnectionKinds(IEnumerable<IConnectionKind> kinds)
{
    private readonly FrozenDictionary<string, IConnectionKind> _kinds =
        kinds.ToFrozenDictionary(static kind => kind.Kind, StringComparer.Ordinal);

    public IConnectionKind Of(ConnectionSettings settings) => _kinds[settings.Kind];
}
