using System.Security.Cryptography;
using CodexOS.Platform.Storage;
using Microsoft.IdentityModel.Tokens;

namespace CodexOS.Identity.Tokens;

/// <summary>
/// The keys that sign access tokens: every <c>access-token-*.pem</c> in the keys folder verifies, the newest by name
/// signs. A key is replaced by putting a newer one beside it and, once the old tokens are over, removing the old one.
/// The first start makes the first key. Servers behind one address share the folder.
/// </summary>
internal sealed class SigningKeys
{
    private const string Pattern = "access-token-*.pem";

    /// <summary>Reads the keys, making one if there is none.</summary>
    /// <exception cref="InvalidOperationException">A key is readable by others, or is no P-256 key: the start must not
    /// go on.</exception>
    public SigningKeys(DataDirectory data)
    {
        var files = Directory.GetFiles(data.Keys, Pattern);
        if (files.Length == 0) files = MakeFirst(data.Keys);
        Verifying = [.. files.Order(StringComparer.Ordinal).Select(Read)];
        Signing = new SigningCredentials(Verifying[^1], SecurityAlgorithms.EcdsaSha256);
    }

    /// <summary>What new tokens are signed with.</summary>
    public SigningCredentials Signing { get; }

    /// <summary>What a token may have been signed with, oldest first.</summary>
    public IReadOnlyList<ECDsaSecurityKey> Verifying { get; }

    /// <summary>
    /// The first key has a name that sorts before every date. Servers that start together for the first time on one folder
    /// all try to make it, one succeeds, and all use that one.
    /// </summary>
    private static string[] MakeFirst(string folder)
    {
        var path = Path.Combine(folder, "access-token-00000000T000000.pem");
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        _ = DataDirectory.TryWriteSecret(path, System.Text.Encoding.ASCII.GetBytes(key.ExportPkcs8PrivateKeyPem()));
        return [path];
    }

    private static ECDsaSecurityKey Read(string path)
    {
        KeyFile.CheckOwnerOnly(path);
        var key = ECDsa.Create();
        try
        {
            key.ImportFromPem(File.ReadAllText(path));
            var curve = key.ExportParameters(includePrivateParameters: false).Curve;
            if (curve.Oid.Value != ECCurve.NamedCurves.nistP256.Oid.Value)
                throw new CryptographicException("The curve is not P-256.");
        }
        catch (Exception error) when (error is ArgumentException or CryptographicException)
        {
            key.Dispose();
            throw new InvalidOperationException(
                $"The signing key {path} is not a private P-256 key in PEM. Restore it from a backup, or remove it to "
                + "have a new one made; then everyone has to refresh their session.",
                error);
        }

        var securityKey = new ECDsaSecurityKey(key);
        securityKey.KeyId = Base64UrlEncoder.Encode(securityKey.ComputeJwkThumbprint());
        return securityKey;
    }
}
