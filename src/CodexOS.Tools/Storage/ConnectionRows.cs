using CodexOS.Platform.Ids;
using CodexOS.Platform.Storage;
using CodexOS.Tools.Contracts;

namespace CodexOS.Tools.Storage;

/// <summary>A tenant's source of tools.</summary>
internal sealed class ConnectionRow : ITenantOwned
{
    public required ConnectionId Id { get; init; }

    public required TenantId TenantId { get; init; }

    /// <summary>The beginning of its tools' names; one of a kind in the tenant.</summary>
    public required string Name { get; init; }

    public required string Kind { get; set; }

    /// <summary>What the kind needs to know, as JSON; never a secret.</summary>
    public required string Settings { get; set; }

    /// <summary>An API document that was given with the settings.</summary>
    public string? Document { get; set; }

    /// <summary>What an administrator says of single tools, as JSON.</summary>
    public required string Overrides { get; set; }

    /// <summary>Grows with every change of what the tools are; whoever remembers tools remembers it with them.</summary>
    public int Revision { get; set; }

    /// <summary>A <see cref="Connections.ConnectionState"/>, as its word.</summary>
    public required string State { get; set; }

    /// <summary>What was found out about the source beside its tools, as JSON.</summary>
    public required string Notes { get; set; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required string CreatedBy { get; init; }

    public DateTimeOffset ChangedAt { get; set; }

    public DateTimeOffset? RefreshedAt { get; set; }
}

/// <summary>A tool of a connection, as it was found. The key keeps names apart across the connections of a tenant.</summary>
internal sealed class ConnectionToolRow : ITenantOwned
{
    public required TenantId TenantId { get; init; }

    public required string Name { get; init; }

    public required ConnectionId ConnectionId { get; init; }

    /// <summary>A <see cref="Connections.ToolDefinition"/>, as JSON.</summary>
    public required string Definition { get; init; }
}
