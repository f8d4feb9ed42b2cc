using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace CodexOS.Testing.Passkeys;

/// <summary>
/// A browser and its authenticator in one: a P-256 key that answers the options of a ceremony as <c>toJSON()</c> writes it
/// (https://www.w3.org/TR/webauthn-3/), with an attestation of none. A test can make it lie about anything.
/// </summary>
public sealed class SoftwareAuthenticator : IDisposable
{
    private const byte UserPresent = 0x01;
    private const byte UserVerified = 0x04;
    private const byte BackupEligible = 0x08;
    private const byte BackedUp = 0x10;
    private const byte HasCredential = 0x40;

    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly byte[] _id = RandomNumberGenerator.GetBytes(32);
    private string? _userHandle;

    /// <summary>An authenticator in front of a page.</summary>
    /// <param name="origin">The page's origin; the relying party is its host.</param>
    public SoftwareAuthenticator(string origin = "https://codexos.example.org") => Origin = origin;

    /// <summary>The origin of the page that asks.</summary>
    public string Origin { get; set; }

    /// <summary>Whether the page sits in a frame of another one.</summary>
    public bool IsFramed { get; set; }

    /// <summary>The relying party that is signed for; the host of the origin if null.</summary>
    public string? RelyingParty { get; set; }

    /// <summary>The type in the client data; the ceremony's own if null.</summary>
    public string? Type { get; set; }

    /// <summary>Whether somebody touched it.</summary>
    public bool IsTouched { get; set; } = true;

    /// <summary>Whether it knows who did.</summary>
    public bool VerifiesUser { get; set; } = true;

    /// <summary>Whether it copies its keys to other devices, as those of browsers do.</summary>
    public bool Syncs { get; set; }

    /// <summary>What it shows as its counter, which grows with each signature; zero stays zero.</summary>
    public uint Counter { get; set; }

    /// <summary>The account that it says the key is of; the one it was made for if null.</summary>
    public string? UserHandle { get; set; }

    /// <summary>How the key is named.</summary>
    public string CredentialId => Base64Url.EncodeToString(_id);

    /// <summary>Answers the options of adding a passkey.</summary>
    public JsonObject Create(JsonElement options)
    {
        _userHandle = options.GetProperty("user").GetProperty("id").GetString();
        var point = _key.ExportParameters(includePrivateParameters: false).Q;
        // The COSE key {1: 2, 3: -7, -1: 1, -2: x, -3: y}, and after it the attestation {fmt, attStmt, authData}, in CBOR.
        byte[] key = [0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 32, .. point.X!, 0x22, 0x58, 32, .. point.Y!];
        byte[] credential = [.. new byte[16], 0, (byte)_id.Length, .. _id, .. key];
        byte[] data = [.. Head(HasCredential), .. credential];
        byte[] attestation =
        [
            0xa3, .. Text("fmt"), .. Text("none"), .. Text("attStmt"), 0xa0, .. Text("authData"), 0x58, (byte)data.Length,
            .. data,
        ];
        return Answer(new JsonObject
        {
            ["attestationObject"] = Base64Url.EncodeToString(attestation),
            ["clientDataJSON"] = Base64Url.EncodeToString(ClientData("webauthn.create", options)),
            ["transports"] = new JsonArray("internal", "hybrid"),
        });
    }

    /// <summary>Answers the options of signing in or stepping up.</summary>
    public JsonObject Get(JsonElement options)
    {
        if (Counter > 0) Counter++;
        var data = Head(0);
        var client = ClientData("webauthn.get", options);
        var signature = _key.SignData(
            [.. data, .. SHA256.HashData(client)], HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
        return Answer(new JsonObject
        {
            ["authenticatorData"] = Base64Url.EncodeToString(data),
            ["clientDataJSON"] = Base64Url.EncodeToString(client),
            ["signature"] = Base64Url.EncodeToString(signature),
            ["userHandle"] = UserHandle is null ? _userHandle : Base64Url.EncodeToString(Encoding.UTF8.GetBytes(UserHandle)),
        });
    }

    /// <inheritdoc />
    public void Dispose() => _key.Dispose();

    private JsonObject Answer(JsonObject response) => new()
    {
        ["id"] = CredentialId,
        ["rawId"] = CredentialId,
        ["type"] = "public-key",
        ["authenticatorAttachment"] = "platform",
        ["clientExtensionResults"] = new JsonObject(),
        ["response"] = response,
    };

    private byte[] Head(byte further)
    {
        var flags = further;
        if (IsTouched) flags |= UserPresent;
        if (VerifiesUser) flags |= UserVerified;
        if (Syncs) flags |= BackupEligible | BackedUp;
        var counter = new byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32BigEndian(counter, Counter);
        var party = RelyingParty ?? new Uri(Origin).Host;
        return [.. SHA256.HashData(Encoding.UTF8.GetBytes(party)), flags, .. counter];
    }

    private byte[] ClientData(string type, JsonElement options) => JsonSerializer.SerializeToUtf8Bytes(new JsonObject
    {
        ["type"] = Type ?? type,
        ["challenge"] = options.GetProperty("challenge").GetString(),
        ["origin"] = Origin,
        ["crossOrigin"] = IsFramed,
    });

    private static byte[] Text(string text) => [(byte)(0x60 + text.Length), .. Encoding.ASCII.GetBytes(text)];
}
