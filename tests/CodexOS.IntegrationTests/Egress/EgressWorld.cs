using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Security;
using CodexOS.Platform.Egress;
using CodexOS.Platform.Ids;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace CodexOS.IntegrationTests.Egress;

/// <summary>
/// A small internet on this machine: a name server that the test plays, a web server on 127.0.0.1 that stands for the
/// public one, another on 127.0.0.2 that must never be reached, and the guard over them.
/// </summary>
internal sealed class EgressWorld : IAsyncDisposable
{
    private readonly TestAuthority _authority;
    private readonly WebApplication _public;
    private readonly WebApplication _private;
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();

    private EgressWorld(TestAuthority authority, WebApplication open, WebApplication closed) =>
        (_authority, _public, _private) = (authority, open, closed);

    public NameServer Names { get; } = new();

    /// <summary>The requests that reached the public server.</summary>
    public ConcurrentQueue<(string Method, string Host, string Path, string? Authorization)> Seen { get; } = new();

    /// <summary>How often the other server was reached.</summary>
    public int PrivateSeen => _privateSeen;

    private int _privateSeen;

    /// <summary>The port of plain HTTP, of both servers.</summary>
    public int Http { get; private set; }

    /// <summary>
    /// The port of TLS of the public server. It has a certificate for good.test and other.test. As incomplete.test it shows one
    /// that says where the rest is to be had, which is the other server.
    /// </summary>
    public int Tls { get; private set; }

    /// <summary>A file with the certificate of the authority that has issued the server's.</summary>
    public string AuthorityPath => _authority.Path;

    public TenantId Tenant { get; } = TenantId.New(TimeProvider.System);

    public IMeterFactory Meters => _services.GetRequiredService<IMeterFactory>();

    public static async Task<EgressWorld> StartAsync()
    {
        var authority = new TestAuthority();
        EgressWorld? world = null;
        var whole = authority.Issue(["good.test", "other.test"]);
        var incomplete = new Lazy<SslStreamCertificateContext>(
            () => authority.IssueIncomplete("incomplete.test", $"http://127.0.0.2:{world!.Http}/issuer.cer"));
        var open = Build(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0);
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(new TlsHandshakeCallbackOptions
            {
                OnConnection = greeting => ValueTask.FromResult(new SslServerAuthenticationOptions
                {
                    ServerCertificateContext = greeting.ClientHelloInfo.ServerName == "incomplete.test" ? incomplete.Value : whole,
                }),
            }));
        });
        open.Run(context => world!.AnswerAsync(context));
        await open.StartAsync();
        var ports = open.Urls.Select(static url => new Uri(url)).ToDictionary(static url => url.Scheme, static url => url.Port);
        var closed = Build(kestrel => kestrel.Listen(IPAddress.Parse("127.0.0.2"), ports["http"]));
        closed.Run(context =>
        {
            Interlocked.Increment(ref world!._privateSeen);
            return context.Response.WriteAsync("the metadata");
        });
        await closed.StartAsync();
        world = new EgressWorld(authority, open, closed) { Http = ports["http"], Tls = ports["https"] };
        return world;
    }

    /// <summary>The guard, with the public server's network allowed.</summary>
    public IEgress Door(Action<EgressOptions>? configure = null)
    {
        var options = new EgressOptions();
        options.AllowedNetworks.Add("127.0.0.1/32");
        configure?.Invoke(options);
        return new EgressDoor(
            Options.Create(options), Names, new SecretSources([new OptionSecrets(Options.Create(options))]),
            new EgressTelemetry(Meters), TimeProvider.System, NullLogger<EgressSession>.Instance);
    }

    /// <summary>A session for rules such as <c>good.test:PORT</c>.</summary>
    public EgressSession Open(IEgress door, params string[] rules) =>
        Open(door, [.. rules.Select(static rule => EgressRule.Parse(rule).Value)]);

    public EgressSession Open(IEgress door, ImmutableArray<EgressRule> rules) =>
        door.Open(new EgressGrant(rules, door.AllowedNetworks), new EgressScope(Tenant, "test")).Value;

    public async ValueTask DisposeAsync()
    {
        await _public.DisposeAsync();
        await _private.DisposeAsync();
        _authority.Dispose();
        await _services.DisposeAsync();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        var request = context.Request;
        Seen.Enqueue((request.Method, request.Host.Value!, request.Path, request.Headers.Authorization.FirstOrDefault()));
        if (request.Path == "/redirect")
        {
            context.Response.Redirect(request.Query["to"]!);
            return;
        }

        if (request.Path == "/echo")
        {
            using var reader = new StreamReader(request.Body);
            var body = await reader.ReadToEndAsync();
            context.Response.Headers["X-Sent"] = request.Headers.Authorization;
            await context.Response.WriteAsync($"auth={request.Headers.Authorization} body={body}");
            return;
        }

        if (request.Path == "/large")
        {
            var block = new byte[64 * 1024];
            for (var i = 0; i < 64; i++) await context.Response.Body.WriteAsync(block);
            return;
        }

        if (request.Path == "/silent")
        {
            await context.Response.WriteAsync("begun");
            await context.Response.Body.FlushAsync();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted)
                .ContinueWith(static _ => { }, TaskScheduler.Default);
            return;
        }

        if (request.Path == "/page")
        {
            context.Response.ContentType = "text/html; charset=utf-8";
            await context.Response.WriteAsync("<title>A page</title><h1>Hello</h1><p>from the <a href=\"/x\">web</a></p>");
            return;
        }

        if (request.Path == "/json")
        {
            context.Response.ContentType = "application/json";
            await context.Response.WriteAsync("""{"a":[1,"ü"]}""");
            return;
        }

        if (request.Path == "/binary")
        {
            context.Response.ContentType = "application/octet-stream";
            await context.Response.Body.WriteAsync(new byte[] { 0, 255, 1, 2 });
            return;
        }

        await context.Response.WriteAsync($"hello {request.Host.Host}");
    }

    private static WebApplication Build(Action<Microsoft.AspNetCore.Server.Kestrel.Core.KestrelServerOptions> listen)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(listen);
        return builder.Build();
    }
}

/// <summary>A name server that answers as the test says, and counts.</summary>
internal sealed class NameServer : IResolver
{
    private readonly ConcurrentDictionary<string, ConcurrentQueue<string[]>> _answers = new();

    public ConcurrentQueue<string> Asked { get; } = new();

    /// <summary>What a name leads to, question by question; the last answer stays.</summary>
    public void Set(string name, params string[][] answers) => _answers[name] = new ConcurrentQueue<string[]>(answers);

    public Task<IReadOnlyList<IPAddress>> ResolveAsync(HostName host, CancellationToken cancellationToken)
    {
        Asked.Enqueue(host.Ascii);
        if (!_answers.TryGetValue(host.Ascii, out var answers)) answers = new([["127.0.0.1"]]);
        if (!answers.TryPeek(out var answer)) answer = [];
        if (answers.Count > 1) answers.TryDequeue(out answer);
        return Task.FromResult<IReadOnlyList<IPAddress>>([.. answer!.Select(IPAddress.Parse)]);
    }

    public IReadOnlyCollection<IPAddress> OwnAddresses() => [];
}
