using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Text;
using CodexOS.Identity.Contracts;
using CodexOS.Identity.Storage;
using CodexOS.Identity.Tokens;
using CodexOS.Platform.Ids;

namespace CodexOS.Identity.OAuth.Clients;

/// <summary>A program that asks to act for somebody.</summary>
/// <param name="PublicId">What it calls itself, as its <c>client_id</c>.</param>
/// <param name="Name">How it is shown to people.</param>
/// <param name="Kind">What it can keep.</param>
internal sealed record OAuthClient(string PublicId, string Name, OAuthClientKind Kind)
{
    /// <summary>
    /// The command line of CodexOS, by which people sign in: what it is given is a session of their own. It is there in every
    /// installation and needs no registration.
    /// </summary>
    public static OAuthClient CommandLine { get; } =
        new(AccessTokens.OwnClient, "CodexOS command line", OAuthClientKind.Public) { DeviceFlow = true };

    /// <summary>Null for the command line only.</summary>
    public OAuthClientId? Id { get; init; }

    /// <summary>Whose people it may ask; null where it may ask everybody's.</summary>
    public TenantId? Tenant { get; init; }

    /// <summary>Whether it registered itself.</summary>
    public bool IsDynamic { get; init; }

    public byte[]? SecretHash { get; init; }

    public IReadOnlyList<string> RedirectUris { get; init; } = [];

    /// <summary>What it may ask for at most.</summary>
    public FrozenSet<string> Allowed { get; init; } = FrozenSet<string>.Empty;

    public bool DeviceFlow { get; init; }

    public UserId? ServiceAccount { get; init; }

    public static OAuthClient Of(OAuthClientRow row) => new(row.ClientId.ToString(), row.Name, row.Kind)
    {
        Id = row.ClientId,
        Tenant = row.TenantId,
        IsDynamic = row.IsDynamic,
        SecretHash = row.SecretHash,
        RedirectUris = row.RedirectUris.Split('\n', StringSplitOptions.RemoveEmptyEntries),
        Allowed = Scopes.Split(row.Scopes),
        DeviceFlow = row.DeviceFlow,
        ServiceAccount = row.ServiceAccountId,
    };

    /// <summary>
    /// Whether the client brought what it has to: the secret if it has one, and none if it does not. The secret has 256 random
    /// bits, so that a plain hash of it cannot be searched.
    /// </summary>
    public bool IsProvenBy(string? secret) => SecretHash is { } hash
        ? secret is not null && CryptographicOperations.FixedTimeEquals(HashOf(secret), hash)
        : secret is null;

    /// <summary>What is stored of a secret.</summary>
    public static byte[] HashOf(string secret) => SHA256.HashData(Encoding.UTF8.GetBytes(secret));

    /// <summary>Whether it may ask the people of a tenant.</summary>
    public bool IsOf(TenantId tenant) => Tenant is null || Tenant == tenant;
}
