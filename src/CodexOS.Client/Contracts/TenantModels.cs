using System.Text.Json.Serialization;

namespace CodexOS.Client.Contracts;

/// <summary>A tenant of the installation.</summary>
/// <param name="Id">Its id, <c>ten_…</c>.</param>
/// <param name="Name">What it is called.</param>
/// <param name="Home">Whether it is the first one, to which the installation belongs.</param>
/// <param name="Members">How many people belong to it.</param>
/// <param name="CreatedAt">Since when it is there.</param>
/// <param name="DisabledAt">Since when nobody signs in to it, or null.</param>
public sealed record Tenant(
    string Id, string Name, bool Home, int Members, DateTimeOffset CreatedAt, DateTimeOffset? DisabledAt = null)
{
    /// <summary>The database in which its work lies: <c>home</c>, or the name of a shard.</summary>
    public string Place { get; init; } = "home";
}

/// <summary>A database in which the work of tenants can lie.</summary>
/// <param name="Name">What <c>codexos tenants move</c> calls it; <c>home</c> is the home database.</param>
/// <param name="Tenants">How many tenants lie there.</param>
/// <param name="SizeBytes">How large it is; null if it does not answer.</param>
/// <param name="Version">What it is, with its version; null if it does not answer.</param>
public sealed record Shard(string Name, int Tenants, long? SizeBytes = null, string? Version = null);

/// <summary>A one-time link that makes the owner of a tenant.</summary>
/// <param name="Path">What to put behind the server's address; it holds a secret.</param>
/// <param name="ExpiresAt">Until when it can be used.</param>
public sealed record OwnerLink(string Path, DateTimeOffset ExpiresAt);

/// <summary>A tenant that was just made.</summary>
/// <param name="Tenant">The tenant.</param>
/// <param name="OwnerLink">What makes its owner.</param>
public sealed record CreatedTenant(Tenant Tenant, OwnerLink OwnerLink);

/// <summary>A quota of a tenant.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Summary">What is counted.</param>
/// <param name="Used">How much the tenant has.</param>
/// <param name="Limit">How much it may have.</param>
/// <param name="Default">How much it may have where the installation's owner said nothing.</param>
public sealed record Quota(string Name, string Summary, long Used, long Limit, long Default);

/// <summary>How an installation serves.</summary>
[JsonConverter(typeof(WordEnumConverter<ServiceModeKind>))]
public enum ServiceModeKind
{
    /// <summary>A mode that this client does not know.</summary>
    Unknown,

    /// <summary>As ever.</summary>
    Normal,

    /// <summary>What is there can be looked at; nothing is changed by requests.</summary>
    ReadOnly,

    /// <summary>Requests are turned away.</summary>
    Maintenance,
}

/// <summary>How an installation serves, and why.</summary>
/// <param name="Mode">How.</param>
/// <param name="Reason">Why.</param>
/// <param name="ChangedAt">Since when.</param>
/// <param name="ChangedBy">Who said so.</param>
public sealed record ServiceMode(ServiceModeKind Mode, string? Reason, DateTimeOffset ChangedAt, string ChangedBy);

internal sealed record CreateTenantBody(string Name);

internal sealed record MoveTenantBody(string To);

/// <param name="Value">Null has to be said, so it is written.</param>
internal sealed record SetQuotaBody([property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] long? Value);

internal sealed record ServiceModeBody(ServiceModeKind Mode, string? Reason);
