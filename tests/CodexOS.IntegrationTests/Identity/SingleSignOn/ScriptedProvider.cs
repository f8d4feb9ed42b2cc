using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Xunit;

namespace CodexOS.IntegrationTests.Identity.SingleSignOn;

/// <summary>
/// An identity provider that says whatever a test wants it to say, also what no honest one would. It asks nobody to sign in:
/// a test takes the browser from the start of a sign-in straight to its end.
/// </summary>
internal sealed class ScriptedProvider : IAsyncDisposable
{
    public const string ClientId = "codexos";

    private static readonly JsonWebTokenHandler s_handler = new() { SetDefaultTimesOnTokenCreation = false };

    private readonly WebApplication _web;
    private readonly TimeProvider _clock;
    private ECDsaSecurityKey _key = NewKey("first");

    private ScriptedProvider(WebApplication web, TimeProvider clock) => (_web, _clock) = (web, clock);

    /// <summary>How it calls itself.</summary>
    public string Issuer { get; private set; } = "";

    /// <summary>Whether it says that it names itself in its answers (RFC 9207).</summary>
    public bool NamesItself { get; set; }

    /// <summary>The ID token that the next code is exchanged for.</summary>
    public string IdToken { get; set; } = "";

    /// <summary>What userinfo says; none if null.</summary>
    public object? UserInfo { get; set; }

    /// <summary>What the last exchange of a code was asked with.</summary>
    public IReadOnlyDictionary<string, string> LastExchange { get; private set; } =
        new Dictionary<string, string>(StringComparer.Ordinal);

    public static async Task<ScriptedProvider> StartAsync(TimeProvider clock)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var web = builder.Build();
        var provider = new ScriptedProvider(web, clock);
        web.MapGet("/.well-known/openid-configuration", () => provider.Metadata());
        web.MapGet("/keys", () => provider.Keys());
        web.MapPost("/token", provider.ExchangeAsync);
        web.MapGet("/userinfo", () => Results.Json(provider.UserInfo));
        await web.StartAsync(TestContext.Current.CancellationToken);
        var listening = web.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        provider.Issuer = $"http://localhost:{new Uri(listening).Port}";
        return provider;
    }

    /// <summary>Replaces the key that it signs with; the earlier one is not published any more.</summary>
    public void RotateKey() => _key = NewKey("second");

    /// <summary>The claims of an honest ID token for a sign-in that was begun.</summary>
    public Dictionary<string, object> Claims(Uri begun, string sub = "s1", string email = "hedy@example.org") => new()
    {
        ["iss"] = Issuer,
        ["aud"] = ClientId,
        ["sub"] = sub,
        ["iat"] = _clock.GetUtcNow().ToUnixTimeSeconds(),
        ["exp"] = _clock.GetUtcNow().AddMinutes(5).ToUnixTimeSeconds(),
        ["nonce"] = Of(begun, "nonce"),
        ["email"] = email,
        ["email_verified"] = true,
        ["name"] = "Hedy Lamarr",
        ["groups"] = Array.Empty<string>(),
    };

    /// <summary>The claims of an honest logout token.</summary>
    public Dictionary<string, object> LogoutClaims(string jti, string sub = "s1") => new(StringComparer.Ordinal)
    {
        ["iss"] = Issuer,
        ["aud"] = ClientId,
        ["sub"] = sub,
        ["jti"] = jti,
        ["iat"] = _clock.GetUtcNow().ToUnixTimeSeconds(),
        ["exp"] = _clock.GetUtcNow().AddMinutes(2).ToUnixTimeSeconds(),
        ["events"] = new Dictionary<string, object>(StringComparer.Ordinal)
        {
            ["http://schemas.openid.net/event/backchannel-logout"] = new Dictionary<string, object>(StringComparer.Ordinal),
        },
    };

    /// <summary>A token of these claims, signed as published.</summary>
    public string Sign(Dictionary<string, object> claims, string type = "JWT") => SignWith(
        new SigningCredentials(_key, SecurityAlgorithms.EcdsaSha256), claims, type);

    /// <summary>A token that takes the published key for a shared secret.</summary>
    public string SignWithPublicKey(Dictionary<string, object> claims)
    {
        var secret = new SymmetricSecurityKey(_key.ECDsa.ExportSubjectPublicKeyInfo()) { KeyId = _key.KeyId };
        return SignWith(new SigningCredentials(secret, SecurityAlgorithms.HmacSha256), claims, "JWT");
    }

    /// <summary>A token that nobody has signed.</summary>
    public static string Unsigned(Dictionary<string, object> claims) => SignWith(null, claims, "JWT");

    /// <summary>Where the browser is sent back to.</summary>
    public static Uri Back(Uri begun, params (string Name, string? Value)[] otherwise)
    {
        var members = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["code"] = "a code",
            ["state"] = Of(begun, "state"),
        };
        foreach (var (name, value) in otherwise) members[name] = value;
        return new Uri(QueryHelpers.AddQueryString(
            Of(begun, "redirect_uri"), members.Where(static member => member.Value is not null)));
    }

    public static string Of(Uri address, string member) => QueryHelpers.ParseQuery(address.Query)[member].ToString();

    public ValueTask DisposeAsync() => _web.DisposeAsync();

    private static string SignWith(SigningCredentials? credentials, Dictionary<string, object> claims, string type) =>
        s_handler.CreateToken(
            new SecurityTokenDescriptor { TokenType = type, SigningCredentials = credentials, Claims = claims });

    private static ECDsaSecurityKey NewKey(string id) => new(ECDsa.Create(ECCurve.NamedCurves.nistP256)) { KeyId = id };

    private IResult Metadata() => Results.Json(new Dictionary<string, object>(StringComparer.Ordinal)
    {
        ["issuer"] = Issuer,
        ["authorization_endpoint"] = $"{Issuer}/authorize",
        ["token_endpoint"] = $"{Issuer}/token",
        ["userinfo_endpoint"] = $"{Issuer}/userinfo",
        ["jwks_uri"] = $"{Issuer}/keys",
        ["authorization_response_iss_parameter_supported"] = NamesItself,
    });

    private IResult Keys()
    {
        var at = _key.ECDsa.ExportParameters(false).Q;
        return Results.Json(new
        {
            keys = new[]
            {
                new
                {
                    kty = "EC", crv = "P-256", kid = _key.KeyId, use = "sig",
                    x = Base64UrlEncoder.Encode(at.X), y = Base64UrlEncoder.Encode(at.Y),
                },
            },
        });
    }

    private async Task<IResult> ExchangeAsync(HttpRequest request)
    {
        var form = await request.ReadFormAsync(request.HttpContext.RequestAborted);
        LastExchange = form.ToDictionary(member => member.Key, member => member.Value.ToString(), StringComparer.Ordinal);
        return Results.Json(new { access_token = "an access token", token_type = "Bearer", id_token = IdToken });
    }
}
