using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using CodexOS.Testing.Postgres;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Identity.SingleSignOn;

/// <summary>A server whose first tenant signs people of example.org in through a provider of the test's own.</summary>
public class SsoParty : IAsyncLifetime
{
    private readonly PostgresCluster? _postgres;
    private IdentityServer? _server;
    private ScriptedProvider? _provider;
    private HttpClient? _owner;

    /// <summary>On SQLite.</summary>
    public SsoParty()
    {
    }

    /// <summary>On PostgreSQL.</summary>
    protected SsoParty(PostgresCluster postgres) => _postgres = postgres;

    internal IdentityServer Server => _server!;

    internal ScriptedProvider Provider => _provider!;

    internal HttpClient Owner => _owner!;

    internal JsonElement Connection { get; private set; }

    internal string ConnectionId => Connection.GetProperty("id").GetString()!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        (_server, var owner) = await IdentityServer.StartOwnedAsync(
            _postgres, [.. SsoSetup.Local, "Identity:FailuresPerAddressMax=10000", "Identity:AccessTokenLifetime=01:00:00"]);
        _owner = SsoSetup.ClientOf(_server.Server, owner.AccessToken);
        _provider = await ScriptedProvider.StartAsync(_server.Clock);
        Connection = await SsoSetup.ConnectAsync(_owner, _provider.Issuer);
        await SsoSetup.AddDomainAsync(_owner, _owner, Connection, "example.org");
    }

    public async ValueTask DisposeAsync()
    {
        _owner?.Dispose();
        if (_provider is not null) await _provider.DisposeAsync();
        if (_server is not null) await _server.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    internal SsoBrowser Browser() => new(Server.Server);

    /// <summary>Goes through a whole sign-in, and says what the sign-in page is told.</summary>
    internal async Task<string> SignInAsync(
        SsoBrowser browser, Func<Uri, string> idToken, string email = "hedy@example.org")
    {
        var begun = await browser.StartAsync(new { email, connection = ConnectionId });
        Provider.IdToken = idToken(begun);
        return (await browser.FollowAsync(ScriptedProvider.Back(begun))).Fragment;
    }

    /// <summary>The same with honest claims.</summary>
    internal Task<string> SignInAsync(
        SsoBrowser browser, string sub, string email, params (string Name, object Value)[] claims) =>
        SignInAsync(browser, begun => Provider.Sign(With(Provider.Claims(begun, sub, email), claims)), email);

    internal static Dictionary<string, object> With(
        Dictionary<string, object> claims, params (string Name, object Value)[] otherwise)
    {
        foreach (var (name, value) in otherwise) claims[name] = value;
        return claims;
    }

    /// <summary>Changes the connection.</summary>
    internal async Task ChangeAsync(object settings) =>
        Connection = await SsoSetup.DoAsync(Owner, HttpMethod.Patch, $"/api/v1/sso/connections/{ConnectionId}", settings);

    /// <summary>Sends the server a logout token as the provider does.</summary>
    internal async Task<HttpStatusCode> LogOutAsync(string token)
    {
        using var form = new FormUrlEncodedContent([new("logout_token", token)]);
        using var answer = await Server.Server.Client.PostAsync(
            $"/api/v1/auth/sso/{ConnectionId}/backchannel-logout", form, Cancellation);
        return answer.StatusCode;
    }

    /// <summary>The newest failed sign-in in the audit log.</summary>
    internal async Task<JsonElement> LastFailureAsync()
    {
        var page = await Owner.GetFromJsonAsync<JsonElement>(
            "/api/v1/audit?action=sessions.sign_in&outcome=failed&limit=1", Cancellation);
        return page.GetProperty("items")[0];
    }

    /// <summary>A sign-in that must be refused, and is on record.</summary>
    internal async Task RefusedAsync(string fragment, string code, string? reason = null)
    {
        fragment.ShouldBe($"#sso_error={code}");
        var entry = await LastFailureAsync();
        entry.GetProperty("details").GetProperty("code").GetString().ShouldBe(code);
        entry.GetProperty("resource").GetProperty("id").GetString().ShouldBe(ConnectionId);
        if (reason is not null) entry.GetProperty("details").GetProperty("reason").GetString()!.ShouldContain(reason);
    }
}

/// <summary>The same on PostgreSQL, which shows each tenant its own people alone.</summary>
public sealed class PostgresSsoParty(PostgresCluster postgres) : SsoParty(postgres);
