using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CodexOS.Testing;

namespace CodexOS.IntegrationTests.Egress;

/// <summary>An authority of the test's own, and the certificates that it issues.</summary>
internal sealed class TestAuthority : IDisposable
{
    private static readonly DateTimeOffset s_from = DateTimeOffset.UnixEpoch;
    private static readonly DateTimeOffset s_until = DateTimeOffset.UnixEpoch.AddYears(100);
    private readonly TempDirectory _files = new();
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 _root;

    public TestAuthority()
    {
        var request = RequestOf("CN=test authority", _key, isAuthority: true);
        _root = request.CreateSelfSigned(s_from, s_until);
        File.WriteAllText(Path, _root.ExportCertificatePem());
    }

    /// <summary>A file with the authority's certificate.</summary>
    public string Path => _files.In("authority.pem");

    /// <summary>A certificate for some hosts.</summary>
    public SslStreamCertificateContext Issue(string[] hosts) => ContextOf(Issue(_root, hosts, null));

    /// <summary>
    /// A certificate that comes without the one by which the authority vouches for its issuer, and says where that one is.
    /// </summary>
    public SslStreamCertificateContext IssueIncomplete(string host, string issuerAddress)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = RequestOf("CN=test issuer", key, isAuthority: true);
        using var issuer = request.Create(_root, s_from, s_until, [2]).CopyWithPrivateKey(key);
        return ContextOf(Issue(issuer, [host], issuerAddress));
    }

    public void Dispose()
    {
        _root.Dispose();
        _key.Dispose();
        _files.Dispose();
    }

    private static X509Certificate2 Issue(X509Certificate2 issuer, string[] hosts, string? issuerAddress)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = RequestOf($"CN={hosts[0]}", key, isAuthority: false);
        var names = new SubjectAlternativeNameBuilder();
        foreach (var host in hosts) names.AddDnsName(host);
        request.CertificateExtensions.Add(names.Build());
        if (issuerAddress is not null)
            request.CertificateExtensions.Add(new X509AuthorityInformationAccessExtension(ocspUris: null, [issuerAddress]));
        using var issued = request.Create(issuer, s_from, s_until, [3]).CopyWithPrivateKey(key);
        return X509CertificateLoader.LoadPkcs12(issued.Export(X509ContentType.Pkcs12), null);
    }

    private static CertificateRequest RequestOf(string name, ECDsa key, bool isAuthority)
    {
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(isAuthority, false, 0, critical: true));
        return request;
    }

    /// <summary>Offline, or this server itself would fetch what the certificate lacks.</summary>
    private static SslStreamCertificateContext ContextOf(X509Certificate2 certificate) =>
        SslStreamCertificateContext.Create(certificate, additionalCertificates: null, offline: true);
}
