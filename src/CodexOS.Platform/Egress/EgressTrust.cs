using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace CodexOS.Platform.Egress;

/// <summary>
/// Which certificates of hosts are believed: those that the system's authorities have issued, and further ones that the operator
/// names. A certificate is a stranger's text, so that nothing it names is fetched: neither who issued it nor who revokes it.
/// The runtime would do so by itself, past the guard.
/// </summary>
internal sealed class EgressTrust
{
    private const string ServerPurpose = "1.3.6.1.5.5.7.3.1";
    private readonly X509Certificate2Collection? _authorities;

    /// <summary>Reads the operator's files.</summary>
    /// <exception cref="InvalidOperationException">One of them cannot be read.</exception>
    public EgressTrust(EgressOptions options)
    {
        if (options.CertificateAuthorities.Count == 0) return;
        _authorities = [];
        foreach (var path in options.CertificateAuthorities)
            _authorities.AddRange(Read(path) ?? throw new InvalidOperationException($"{path} holds no certificates any more."));
        // Naming some takes the place of the system's, so these are named too.
        foreach (var location in (StoreLocation[])[StoreLocation.LocalMachine, StoreLocation.CurrentUser])
        {
            using var store = new X509Store(StoreName.Root, location);
            store.Open(OpenFlags.ReadOnly);
            _authorities.AddRange(store.Certificates);
        }
    }

    /// <summary>How the certificate of a host is checked.</summary>
    public X509ChainPolicy Policy()
    {
        var policy = new X509ChainPolicy
        {
            DisableCertificateDownloads = true,
            RevocationMode = X509RevocationMode.NoCheck,
        };
        policy.ApplicationPolicy.Add(new Oid(ServerPurpose));
        if (_authorities is null) return policy;
        policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        policy.CustomTrustStore.AddRange(_authorities);
        return policy;
    }

    /// <summary>The certificates in a file; null if there is none that can be read.</summary>
    public static X509Certificate2Collection? Read(string path)
    {
        var read = new X509Certificate2Collection();
        try
        {
            read.ImportFromPemFile(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or CryptographicException)
        {
            return null;
        }

        return read.Count == 0 ? null : read;
    }
}
