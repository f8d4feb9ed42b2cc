using CodexOS.Platform.Ids;
using CodexOS.Platform.Storage;
using CodexOS.Trust.Contracts;

namespace CodexOS.Trust.Storage;

/// <summary>One version of a key, wrapped by another key.</summary>
internal sealed class VaultKeyRow : ITenantOwned
{
    public required VaultKeyId KeyId { get; init; }

    public required TenantId TenantId { get; init; }

    /// <summary>One of <see cref="Keys.KeyPurpose"/>.</summary>
    public required string Purpose { get; init; }

    /// <summary>Whose key it is, by printed id; empty for a key of the tenant itself.</summary>
    public required string Subject { get; init; }

    public required int Version { get; init; }

    /// <summary>One of <see cref="Keys.KeyStatus"/>.</summary>
    public required string Status { get; set; }

    /// <summary>The root key of a tenant key; the printed id of the tenant key of any other.</summary>
    public required string WrappedBy { get; set; }

    /// <summary>Null when the key was destroyed.</summary>
    public required byte[]? Wrapped { get; set; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset ChangedAt { get; set; }
}

/// <summary>A secret of a tenant.</summary>
internal sealed class SecretRow : ITenantOwned
{
    public required TenantId TenantId { get; init; }

    public required string Name { get; init; }

    [Confidential]
    public Sealed? Value { get; set; }

    /// <summary>The only hosts that it may go to, as JSON.</summary>
    public required string Hosts { get; set; }

    public required string Header { get; set; }

    public required string Prefix { get; set; }

    public required bool AllowPlainHttp { get; set; }

    /// <summary>Grows with every change.</summary>
    public required int Revision { get; set; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required string CreatedBy { get; init; }

    public required DateTimeOffset ChangedAt { get; set; }

    public required string ChangedBy { get; set; }
}
