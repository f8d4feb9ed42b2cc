using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace CodexOS.Testing.Servers;

/// <summary>
/// nginx with TLS in front of a server, set up by the files that operators are given (<c>deploy/nginx</c>). Of these only the
/// addresses, the ports and the places of the certificate are replaced.
/// </summary>
public sealed class NginxServer : HeldServer
{
    /// <summary>The name that the files are written for.</summary>
    public const string Host = "codexos.example.org";

    private const string Frame =
        """
        daemon off;
        master_process off;
        pid nginx.pid;
        events { worker_connections 256; }
        http {
            access_log off;
            client_body_temp_path body;
            proxy_temp_path proxy;
            fastcgi_temp_path fastcgi;
            uwsgi_temp_path uwsgi;
            scgi_temp_path scgi;
            include site.conf;
        }
        """;

    private NginxServer(Uri upstream)
    {
        (Port, PlainPort) = (FreePort(), FreePort());
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={Host}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(Host);
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        Certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        File.WriteAllText(Path.Combine(Folder, "certificate.pem"), Certificate.ExportCertificatePem());
        File.WriteAllText(Path.Combine(Folder, "key.pem"), key.ExportPkcs8PrivateKeyPem());
        Directory.CreateDirectory(Path.Combine(Folder, "codexos"));
        foreach (var part in (string[])["tls.conf", "proxy.conf"])
            File.Copy(Repository.In("deploy", "nginx", part), Path.Combine(Folder, "codexos", part));
        File.WriteAllText(Path.Combine(Folder, "nginx.conf"), Frame);
        File.WriteAllText(
            Path.Combine(Folder, "site.conf"),
            File.ReadAllText(Repository.In("deploy", "nginx", "site.conf"))
                .Replace("127.0.0.1:7420", upstream.Authority, StringComparison.Ordinal)
                .Replace("listen 80", $"listen 127.0.0.1:{PlainPort}", StringComparison.Ordinal)
                .Replace("listen 443", $"listen 127.0.0.1:{Port}", StringComparison.Ordinal)
                .Replace("/etc/nginx/codexos/", $"{Folder}/", StringComparison.Ordinal));
    }

    /// <summary>Where it speaks TLS.</summary>
    public int Port { get; }

    /// <summary>Where it speaks without.</summary>
    public int PlainPort { get; }

    /// <summary>What it shows; nobody has signed it.</summary>
    public X509Certificate2 Certificate { get; }

    private protected override string[] Command =>
        ["nginx", "-e", "stderr", "-p", Folder, "-c", "nginx.conf", "-g", "error_log stderr notice;"];

    /// <summary>By then it listens.</summary>
    private protected override string ReadyWord => "getrlimit";

    private protected override string HowToGet => "apt-get install nginx-light";

    /// <summary>Starts it.</summary>
    /// <param name="upstream">The server that it is in front of.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="InvalidOperationException">nginx is not installed or does not start; has what it said.</exception>
    public static Task<NginxServer> StartAsync(Uri upstream, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(upstream);
        return StartedAsync(new NginxServer(upstream), cancellationToken);
    }

    /// <summary>A client that reaches it under its name, and believes its certificate and no other.</summary>
    /// <param name="from">The address that the client has.</param>
    public HttpClient Client(string from = "127.0.0.1") => new(Handler(from)) { BaseAddress = new Uri($"https://{Host}") };

    /// <summary>The same for what makes its own client.</summary>
    public SocketsHttpHandler Handler(string from = "127.0.0.1") => new()
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        ConnectCallback = async (asked, cancellationToken) =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            socket.Bind(new IPEndPoint(IPAddress.Parse(from), 0));
            await socket.ConnectAsync(IPAddress.Loopback, asked.DnsEndPoint.Port == 80 ? PlainPort : Port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        },
        SslOptions = new()
        {
            RemoteCertificateValidationCallback = (_, shown, _, _) => IsOwn(shown),
        },
    };

    /// <summary>Whether it is this server's certificate that was shown.</summary>
    public bool IsOwn(X509Certificate? shown) =>
        shown is not null && shown.GetRawCertData().AsSpan().SequenceEqual(Certificate.RawData);
}
