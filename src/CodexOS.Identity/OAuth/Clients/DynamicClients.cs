using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;
using CodexOS.Identity.Contracts;
using CodexOS.Platform.Storage;
using Microsoft.Extensions.Options;

namespace CodexOS.Identity.OAuth.Clients;

/// <summary>What a program says of itself when it registers.</summary>
internal sealed record DynamicRegistration(string Name, IReadOnlyList<string> RedirectUris, string Scopes);

/// <summary>
/// Programs that register themselves (RFC 7591). Anybody may, so nothing is stored for it: the <c>client_id</c> that a program
/// is given is its own registration, with a seal (HMAC-SHA-256) that says it comes from here. What it says of itself counts
/// for nothing until somebody lets it in; from then on it is among the clients of their tenant.
/// </summary>
internal sealed class DynamicClients(DataDirectory data, IOptions<OAuthOptions> options, TimeProvider clock)
{
    public const string Prefix = "cdd_";

    private const string KeyFileName = "oauth-clients.key";
    private const int SealBytes = 32;
    private const int LengthMax = 8_000;

    private readonly OAuthOptions _options = options.Value;
    private readonly Lazy<byte[]> _key = new(() => KeyFile.ReadOrMake(
        Path.Combine(data.Keys, KeyFileName), "without it programs that registered themselves have to register anew"));

    /// <summary>Whether programs may register at all.</summary>
    public bool AreAllowed => _options.DynamicRegistration;

    /// <summary>Registers a program whose registration was checked.</summary>
    public (string ClientId, DateTimeOffset At) Register(DynamicRegistration registration)
    {
        var now = clock.GetUtcNow();
        var content = JsonSerializer.SerializeToUtf8Bytes(new Registered(
            OAuthClientId.New(clock), registration.Name, registration.RedirectUris, registration.Scopes,
            now.ToUnixTimeSeconds()));
        return (Prefix + Base64Url.EncodeToString([.. Seal(content), .. content]), now);
    }

    /// <summary>The program behind a <c>client_id</c>, or null if it was not given here, or too long ago.</summary>
    public OAuthClient? Find(string clientId)
    {
        if (!AreAllowed || clientId.Length > LengthMax || !Base64Url.IsValid(clientId.AsSpan(Prefix.Length))) return null;
        var bytes = Base64Url.DecodeFromChars(clientId.AsSpan(Prefix.Length));
        if (bytes.Length <= SealBytes) return null;
        var content = bytes.AsSpan(SealBytes);
        if (!CryptographicOperations.FixedTimeEquals(Seal(content), bytes.AsSpan(0, SealBytes))) return null;
        var registered = JsonSerializer.Deserialize<Registered>(content)
            ?? throw new JsonException("A registration that was sealed here is null.");
        if (DateTimeOffset.FromUnixTimeSeconds(registered.At) + _options.DynamicClientLifetime <= clock.GetUtcNow()) return null;
        return new OAuthClient(clientId, registered.Name, OAuthClientKind.Public)
        {
            Id = registered.Id,
            IsDynamic = true,
            RedirectUris = registered.RedirectUris,
            Allowed = Scopes.Split(registered.Scopes),
        };
    }

    private byte[] Seal(ReadOnlySpan<byte> content)
    {
        using var mac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, _key.Value);
        mac.AppendData("codexos oauth dynamic client v1\n"u8);
        mac.AppendData(content);
        return mac.GetHashAndReset();
    }

    private sealed record Registered(
        OAuthClientId Id, string Name, IReadOnlyList<string> RedirectUris, string Scopes, long At);
}
