using CodexOS.Platform.Ids;
using CodexOS.Platform.Storage;
using CodexOS.Trust.Contracts;

namespace CodexOS.Trust.Storage;

/// <summary>One version of a key, wrapped by another key.</summary>
[Kept("for good; of a destroyed key only that there was one")]
internal sealed class VaultKeyRow : ITenantOwned
{
    [DataClass(DataClass.Internal)]
    public required VaultKeyId KeyId { get; init; }

    [DataClass(DataClass.Internal)]
    public required TenantId TenantId { get; init; }

    /// <summary>One of <see cref="Keys.KeyPurpose"/>.</summary>
    [DataClass(DataClass.Internal)]
    public required string Purpose { get; init; }

    /// <summary>Whose key it is, by printed id; empty for a key of the tenant itself.</summary>
    [DataClass(DataClass.Internal)]
    public required string Subject { get; init; }

    [DataClass(DataClass.Internal)]
    public required int Version { get; init; }

    /// <summary>One of <see cref="Keys.KeyStatus"/>.</summary>
    [DataClass(DataClass.Internal)]
    public required string Status { get; set; }

    /// <summary>The root key of a tenant key; the printed id of the tenant key of any other.</summary>
    [DataClass(DataClass.Internal)]
    public required string WrappedBy { get; set; }

    /// <summary>Null when the key was destroyed.</summary>
    [DataClass(DataClass.Restricted, EncryptedWith = "the root key, or the tenant's key")]
    public required byte[]? Wrapped { get; set; }

    [DataClass(DataClass.Internal)]
    public required DateTimeOffset CreatedAt { get; init; }

    [DataClass(DataClass.Internal)]
    public required DateTimeOffset ChangedAt { get; set; }
}

/// <summary>A secret of a tenant.</summary>
[Kept("until the secret is removed")]
internal sealed class SecretRow : ITenantOwned
{
    [DataClass(DataClass.Internal)]
    public required TenantId TenantId { get; init; }

    [DataClass(DataClass.Internal)]
    public required string Name { get; init; }

    [Confidential]
    [DataClass(DataClass.Restricted)]
    public Sealed? Value { get; set; }

    /// <summary>The only hosts that it may go to, as JSON.</summary>
    [DataClass(DataClass.Internal)]
    public required string Hosts { get; set; }

    [DataClass(DataClass.Internal)]
    public required string Header { get; set; }

    [DataClass(DataClass.Internal)]
    public required string Prefix { get; set; }

    [DataClass(DataClass.Internal)]
    public required bool AllowPlainHttp { get; set; }

    /// <summary>Grows with every change.</summary>
    [DataClass(DataClass.Internal)]
    public required int Revision { get; set; }

    [DataClass(DataClass.Internal)]
    public required DateTimeOffset CreatedAt { get; init; }

    [DataClass(DataClass.Internal)]
    public required string CreatedBy { get; init; }

    [DataClass(DataClass.Internal)]
    public required DateTimeOffset ChangedAt { get; set; }

    [DataClass(DataClass.Internal)]
    public required string ChangedBy { get; set; }
}
