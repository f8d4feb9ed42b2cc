using System.Net.Http.Json;
using System.Text.Json;
using CodexOS.Cli.Contracts;
using CodexOS.Host;
using CodexOS.Testing.Postgres;
using Microsoft.Extensions.DependencyInjection;

namespace CodexOS.Testing.Servers;

/// <summary>
/// The real server inside the test process: the whole pipeline, Kestrel on a free port, a data directory of its own that
/// is deleted afterwards.
/// </summary>
public sealed class CodexServer : IAsyncDisposable
{
    /// <summary>The first administrator, made by <see cref="SignInAsync"/>.</summary>
    public const string AdministratorEmail = "ada@example.org";

    /// <summary>The first administrator's password.</summary>
    public const string AdministratorPassword = "a long enough passphrase";

    private readonly TempDirectory? _ownData;
    private readonly ServerHost _host;

    private CodexServer(ServerHost host, TempDirectory? ownData)
    {
        _host = host;
        _ownData = ownData;
        Client = new HttpClient { BaseAddress = new Uri(host.Url) };
    }

    /// <summary>A client that is not signed in.</summary>
    public HttpClient Client { get; }

    /// <summary>Where the server listens.</summary>
    public Uri Url => Client.BaseAddress!;

    /// <summary>The server's data directory.</summary>
    public string DataPath => _host.Data.Path;

    /// <summary>The server's services.</summary>
    public IServiceProvider Services => _host.Services;

    /// <summary>Starts a server.</summary>
    /// <param name="postgres">A connection string of <see cref="PostgresCluster"/>; SQLite if null.</param>
    /// <param name="settings">Further settings, each <c>Section:Name=value</c>.</param>
    /// <param name="adjust">Replaces registrations.</param>
    /// <param name="dataPath">A data directory that outlives the server; its own temporary one if null.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<CodexServer> StartAsync(
        string? postgres = null,
        IEnumerable<string>? settings = null,
        Action<IServiceCollection>? adjust = null,
        string? dataPath = null,
        CancellationToken cancellationToken = default)
    {
        var ownData = dataPath is null ? new TempDirectory() : null;
        // A server that is stopped here is stopped in the middle; what a drain does has tests of its own.
        // Tests ask faster than any client needs to; limits of rate have tests of their own.
        IEnumerable<string> all =
        [
            "Logging:LogLevel:Default=Warning", "Cluster:DrainTimeout=00:00:00", "RateLimits:PerAddress=0",
            "RateLimits:PerAccount=0", "RateLimits:PerTenant=0", .. DatabaseSettings(postgres), .. settings ?? [],
        ];
        try
        {
            var options = new ServeOptions(
                new Uri("http://127.0.0.1:0"), dataPath ?? ownData!.Path, [], [.. all.Select(Setting).Reverse().DistinctBy(setting => setting.Key)]);
            return new CodexServer(await ServerHost.StartAsync(options, cancellationToken, adjust), ownData);
        }
        catch
        {
            ownData?.Dispose();
            throw;
        }
    }

    /// <summary>Makes the first administrator if there is none yet, and returns a client signed in as them.</summary>
    public Task<HttpClient> SignInAsync(CancellationToken cancellationToken = default) =>
        Administrator.SignInAsync(Url, _host.Data.Keys, cancellationToken);

    /// <summary>Makes a further tenant and its owner, and returns a client signed in as them.</summary>
    /// <param name="installationOwner">A client that <see cref="SignInAsync"/> returned.</param>
    /// <param name="name">What the tenant is called; its owner's address is made of it.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<HttpClient> AddTenantAsync(
        HttpClient installationOwner, string name, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(installationOwner);
        using var made = await installationOwner.PostAsJsonAsync("/api/v1/tenants", new { name }, cancellationToken);
        made.EnsureSuccessStatusCode();
        var link = (await made.Content.ReadFromJsonAsync<JsonElement>(cancellationToken)).GetProperty("ownerLink");
        using var answer = await Client.PostAsJsonAsync("/api/v1/setup", new
        {
            token = Administrator.TokenOf(link.GetProperty("path").GetString()!),
            email = $"{name}@example.org",
            displayName = name,
            password = AdministratorPassword,
            transport = "body",
        }, cancellationToken);
        return await Administrator.SignedInAsync(Url, answer, cancellationToken);
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _host.StopAsync(CancellationToken.None);
        await _host.DisposeAsync();
        _ownData?.Dispose();
    }

    private static KeyValuePair<string, string> Setting(string text) =>
        new(text[..text.IndexOf('=', StringComparison.Ordinal)], text[(text.IndexOf('=', StringComparison.Ordinal) + 1)..]);

    internal static IEnumerable<string> DatabaseSettings(string? postgres) => postgres is null
        ? []
        :
        [
            "Database:Provider=postgres",
            $"Database:ConnectionString={postgres}",
            $"Database:MigrationsConnectionString={PostgresCluster.OwnerOf(postgres)}",
        ];
}
