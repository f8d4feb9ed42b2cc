using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Threading.Channels;
using CodexOS.Identity.Contracts;
using CodexOS.Identity.Mail;
using CodexOS.Identity.Storage;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Tenancy;
using CodexOS.Testing.Postgres;
using CodexOS.Testing.Servers;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Identity;

/// <summary>A real server with a clock that a test can put forward, and the calls of a client that signs in.</summary>
internal sealed class IdentityServer : IAsyncDisposable
{
    public const string Email = CodexServer.AdministratorEmail;
    public const string Password = CodexServer.AdministratorPassword;

    private readonly string? _postgres;

    private IdentityServer(
        CodexServer server, StandingClock clock, LinkKeeper links, LetterKeeper letters, string? postgres) =>
        (Server, Clock, Links, Letters, _postgres) = (server, clock, links, letters, postgres);

    public CodexServer Server { get; }

    public StandingClock Clock { get; }

    /// <summary>The administrator links that this server announced.</summary>
    public LinkKeeper Links { get; }

    /// <summary>The mails that this server sent.</summary>
    public LetterKeeper Letters { get; }

    public string LinkFile => Path.Combine(Server.DataPath, "keys", "setup-link");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static async Task<IdentityServer> StartAsync(
        PostgresCluster? postgres = null, string? dataPath = null, params string[] settings)
    {
        var database = postgres is null ? null : await postgres.CreateDatabaseAsync(Cancellation);
        var clock = new StandingClock();
        var links = new LinkKeeper();
        var letters = new LetterKeeper();
        var server = await CodexServer.StartAsync(
            database,
            settings,
            services =>
            {
                services.AddSingleton<TimeProvider>(clock);
                services.AddSingleton<ISetupAnnouncement>(links);
                services.AddSingleton<IMailer>(letters);
            },
            dataPath,
            Cancellation);
        return new IdentityServer(server, clock, links, letters, database);
    }

    /// <summary>A server that has its owner, and the tokens that the owner got.</summary>
    public static async Task<(IdentityServer Server, Tokens Owner)> StartOwnedAsync(
        PostgresCluster? postgres = null, params string[] settings)
    {
        var server = await StartAsync(postgres, null, settings);
        using var answer = await server.SetUpAsync(server.Links.Token);
        return (server, await TokensOfAsync(answer));
    }

    public Task<HttpResponseMessage> SetUpAsync(string token, string password = Password, string email = Email) =>
        PostAsync("/api/v1/setup", new { token, email, displayName = "Ada", password, transport = "body" });

    public Task<HttpResponseMessage> SignInAsync(string email = Email, string password = Password) =>
        PostAsync("/api/v1/auth/sign-in", new { email, password, transport = "body" });

    public async Task<Tokens> SignedInAsync()
    {
        using var answer = await SignInAsync();
        return await TokensOfAsync(answer);
    }

    public Task<HttpResponseMessage> RefreshAsync(string? refreshToken) =>
        PostAsync("/api/v1/auth/refresh", new { refreshToken, transport = "body" });

    public async Task<Tokens> RefreshedAsync(string refreshToken)
    {
        using var answer = await RefreshAsync(refreshToken);
        return await TokensOfAsync(answer);
    }

    public Task<HttpResponseMessage> PostAsync(
        string path, object? body, params (string Name, string Value)[] headers) =>
        SendAsync(HttpMethod.Post, path, null, body, headers);

    public Task<HttpResponseMessage> GetAsync(string path, string? accessToken) =>
        SendAsync(HttpMethod.Get, path, accessToken, null);

    public async Task<HttpResponseMessage> SendAsync(
        HttpMethod method, string path, string? accessToken, object? body, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null) request.Content = JsonContent.Create(body);
        if (accessToken is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", accessToken);
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        return await Server.Client.SendAsync(request, Cancellation);
    }

    /// <summary>Gives the password once more, as who has no second factor does before what asks who they are.</summary>
    public Task ConfirmPasswordAsync(Tokens who) =>
        DoAsync(HttpMethod.Post, "/api/v1/auth/step-up", who.AccessToken, new { password = Password });

    /// <summary>The code of <c>GET /auth/me</c>'s answer, or null where it was let in.</summary>
    public async Task<string?> MeFaultAsync(string? accessToken)
    {
        using var answer = await GetAsync("/api/v1/auth/me", accessToken);
        return answer.IsSuccessStatusCode ? null : await CodeOfAsync(answer);
    }

    /// <summary>Changes rows behind the server's back, as another process or an operator would.</summary>
    internal async Task ChangeAsync(Func<IdentityDbContext, Task> change)
    {
        if (_postgres is null)
        {
            await using var scope = Server.Services.CreateAsyncScope();
            await change(scope.ServiceProvider.GetRequiredService<IdentityDbContext>());
            return;
        }

        // The server's own role sees no rows outside of a tenant.
        var options = new DbContextOptionsBuilder<IdentityDbContext>()
            .UseNpgsql(PostgresCluster.AdministratorOf(_postgres)).UseSnakeCaseNamingConvention().Options;
        await using var db = new IdentityDbContext(options, new TenantContext());
        await change(db);
    }

    public static async Task<Tokens> TokensOfAsync(HttpResponseMessage answer)
    {
        answer.IsSuccessStatusCode.ShouldBeTrue(await answer.Content.ReadAsStringAsync(Cancellation));
        var json = await answer.Content.ReadFromJsonAsync<JsonElement>(Cancellation);
        return new Tokens(
            json.GetProperty("accessToken").GetString()!,
            json.GetProperty("expiresInSeconds").GetInt32(),
            json.GetProperty("refreshToken").GetString());
    }

    public static async Task<string?> CodeOfAsync(HttpResponseMessage answer)
    {
        answer.Content.Headers.ContentType?.MediaType.ShouldBe("application/problem+json");
        var problem = await answer.Content.ReadFromJsonAsync<JsonElement>(Cancellation);
        problem.GetProperty("traceId").GetString().ShouldNotBeNullOrEmpty();
        return problem.GetProperty("code").GetString();
    }

    /// <summary>Sends a request that must be let through, and reads its answer.</summary>
    public async Task<JsonElement> DoAsync(HttpMethod method, string path, string accessToken, object? body = null)
    {
        using var answer = await SendAsync(method, path, accessToken, body);
        answer.IsSuccessStatusCode.ShouldBeTrue($"{path}: {await answer.Content.ReadAsStringAsync(Cancellation)}");
        return answer.StatusCode is HttpStatusCode.NoContent
            ? default
            : await answer.Content.ReadFromJsonAsync<JsonElement>(Cancellation);
    }

    /// <summary>Sends a request that must be refused, and reads its status and code.</summary>
    public async Task<(HttpStatusCode Status, string? Code)> RefusedAsync(
        HttpMethod method, string path, string? accessToken, object? body = null)
    {
        using var answer = await SendAsync(method, path, accessToken, body);
        answer.IsSuccessStatusCode.ShouldBeFalse(path);
        return (answer.StatusCode, await CodeOfAsync(answer));
    }

    /// <summary>Invites somebody who has no account, lets them join and signs them in.</summary>
    public async Task<(Tokens Tokens, string Id)> JoinAsync(string inviter, string email, string role)
    {
        await DoAsync(HttpMethod.Post, "/api/v1/invitations", inviter, new { email, role });
        using var joined = await PostAsync(
            "/api/v1/invitations/accept", new { token = Letters.LastToken, displayName = email.Split('@')[0], password = Password });
        joined.IsSuccessStatusCode.ShouldBeTrue(await joined.Content.ReadAsStringAsync(Cancellation));
        using var signedIn = await SignInAsync(email);
        var tokens = await TokensOfAsync(signedIn);
        var me = await JsonAsync("/api/v1/auth/me", tokens.AccessToken);
        return (tokens, me.GetProperty("user").GetProperty("id").GetString()!);
    }

    public async Task<JsonElement> JsonAsync(string path, string accessToken)
    {
        using var answer = await GetAsync(path, accessToken);
        answer.IsSuccessStatusCode.ShouldBeTrue();
        return await answer.Content.ReadFromJsonAsync<JsonElement>(Cancellation);
    }

    public ValueTask DisposeAsync() => Server.DisposeAsync();
}

/// <summary>One server with an owner for the tests of a class that leave nothing behind.</summary>
public sealed class OwnedServer : IAsyncLifetime
{
    private IdentityServer? _running;

    internal IdentityServer Running =>
        _running ?? throw new InvalidOperationException("The server has not been started.");

    public async ValueTask InitializeAsync() =>
        (_running, _) = await IdentityServer.StartOwnedAsync(null, "Identity:FailuresPerAddressMax=10000");

    public async ValueTask DisposeAsync()
    {
        if (_running is not null) await _running.DisposeAsync();
    }
}

internal sealed record Tokens(string AccessToken, int ExpiresInSeconds, string? RefreshToken)
{
    public string Refresh => RefreshToken.ShouldNotBeNull();
}

/// <summary>
/// Stands still until the test puts it forward, so that no window closes because the machine is slow; timers run.
/// </summary>
internal sealed class StandingClock : TimeProvider
{
    private long _ticks = System.GetUtcNow().Ticks;

    public void Advance(TimeSpan by) => Interlocked.Add(ref _ticks, by.Ticks);

    public override DateTimeOffset GetUtcNow() => new(Interlocked.Read(ref _ticks), TimeSpan.Zero);
}

/// <summary>Keeps the administrator links that a server announces.</summary>
internal sealed class LinkKeeper : ISetupAnnouncement
{
    public List<Uri> All { get; } = [];

    public string Token => All.ShouldHaveSingleItem().Fragment["#token=".Length..];

    public void Announce(Uri link) => All.Add(link);
}

/// <summary>Keeps the mails that a server sends.</summary>
internal sealed class LetterKeeper : IMailer
{
    private readonly Channel<Letter> _sent = Channel.CreateUnbounded<Letter>();
    private readonly TaskCompletionSource _refused = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public List<Letter> All { get; } = [];

    /// <summary>Whether the next mails cannot be handed over.</summary>
    public bool Fails { get; set; }

    /// <summary>The token of the link in the newest mail.</summary>
    public string LastToken => All[^1].Text.Split("#token=")[1].Split('\n')[0].Trim();

    /// <summary>Ends when a mail could not be handed over.</summary>
    public Task RefusedOnce => _refused.Task;

    /// <summary>The next mail to an address, with a text in it, among those that were not waited for yet.</summary>
    public async Task<Letter> ReceiveAsync(string to, CancellationToken cancellationToken, string text = "")
    {
        while (true)
        {
            var letter = await _sent.Reader.ReadAsync(cancellationToken);
            if (letter.To == to && letter.Text.Contains(text, StringComparison.Ordinal)) return letter;
        }
    }

    public Task<Result<Done>> SendAsync(Letter letter, CancellationToken cancellationToken)
    {
        if (Fails)
        {
            _refused.TrySetResult();
            return Task.FromResult<Result<Done>>(
                new Fault("identity.mail_failed", FaultKind.Upstream, "The mail could not be handed over."));
        }

        All.Add(letter);
        _sent.Writer.TryWrite(letter);
        return Task.FromResult<Result<Done>>(Done.Value);
    }
}
