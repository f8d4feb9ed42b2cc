using CodexOS.Platform.Ids;
using CodexOS.Platform.Storage;
using CodexOS.Tools.Contracts;

namespace CodexOS.Tools.Storage;

/// <summary>A tenant's source of tools.</summary>
[Kept("until the connection is removed")]
internal sealed class ConnectionRow : ITenantOwned
{
    [DataClass(DataClass.Internal)]
    public required ConnectionId Id { get; init; }

    [DataClass(DataClass.Internal)]
    public required TenantId TenantId { get; init; }

    /// <summary>The beginning of its tools' names; one of a kind in the tenant.</summary>
    [DataClass(DataClass.Internal)]
    public required string Name { get; init; }

    [DataClass(DataClass.Internal)]
    public required string Kind { get; set; }

    /// <summary>What the kind needs to know, as JSON; never a secret.</summary>
    [DataClass(DataClass.Confidential)]
    public required string Settings { get; set; }

    /// <summary>An API document that was given with the settings.</summary>
    [DataClass(DataClass.Confidential)]
    public string? Document { get; set; }

    /// <summary>What an administrator says of single tools, as JSON.</summary>
    [DataClass(DataClass.Confidential)]
    public required string Overrides { get; set; }

    /// <summary>Grows with every change of what the tools are; whoever remembers tools remembers it with them.</summary>
    [DataClass(DataClass.Internal)]
    public int Revision { get; set; }

    /// <summary>A <see cref="Connections.ConnectionState"/>, as its word.</summary>
    [DataClass(DataClass.Internal)]
    public required string State { get; set; }

    /// <summary>What was found out about the source beside its tools, as JSON.</summary>
    [DataClass(DataClass.Internal)]
    public required string Notes { get; set; }

    [DataClass(DataClass.Internal)]
    public required DateTimeOffset CreatedAt { get; init; }

    [DataClass(DataClass.Internal)]
    public required string CreatedBy { get; init; }

    [DataClass(DataClass.Internal)]
    public DateTimeOffset ChangedAt { get; set; }

    [DataClass(DataClass.Internal)]
    public DateTimeOffset? RefreshedAt { get; set; }
}

/// <summary>A tool of a connection, as it was found. The key keeps names apart across the connections of a tenant.</summary>
[Kept("until the connection is removed or refreshed")]
internal sealed class ConnectionToolRow : ITenantOwned
{
    [DataClass(DataClass.Internal)]
    public required TenantId TenantId { get; init; }

    [DataClass(DataClass.Internal)]
    public required string Name { get; init; }

    [DataClass(DataClass.Internal)]
    public required ConnectionId ConnectionId { get; init; }

    /// <summary>A <see cref="Connections.ToolDefinition"/>, as JSON.</summary>
    [DataClass(DataClass.Internal)]
    public required string Definition { get; init; }
}
