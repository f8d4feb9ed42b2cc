using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using CodexOS.Identity.Tokens;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.Tokens;
using Shouldly;
using Xunit;
using static CodexOS.IntegrationTests.Identity.OAuth.OAuthParty;

namespace CodexOS.IntegrationTests.Identity.OAuth;

/// <summary>
/// Battery 35 and 36 over HTTP: access tokens of a client that say something else than what was issued, most of them with a
/// right signature, which is more than a forger has.
/// </summary>
public sealed class ForgedTokenTests
{
    [Fact]
    public async Task A_client_s_token_that_was_changed_in_anything_is_answered_with_401()
    {
        var (server, owner) = await IdentityServer.StartOwnedAsync();
        await using var running = server;
        var notebook = await RegisterAsync(server, owner);
        var good = AccessOf(await notebook.TokensAsync(owner));
        var key = (ECDsaSecurityKey)server.Server.Services.GetRequiredService<SigningKeys>().Signing.Key;
        var now = server.Clock.GetUtcNow();
        (await server.MeFaultAsync(Forge(good, key.ECDsa))).ShouldBeNull();

        using var own = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var jwk = JsonWebKeyConverter.ConvertFromECDsaSecurityKey(new ECDsaSecurityKey(own));
        (string Name, string Token)[] forged =
        [
            ("none", Unsigned(Forge(good, key.ECDsa, header: h => h["alg"] = "none"))),
            ("HS256 with the public key", Mac(Forge(good, key.ECDsa, header: h => h["alg"] = "HS256"), key.ECDsa)),
            ("jku", Forge(good, key.ECDsa, header: h => h["jku"] = "https://evil.example/keys")),
            ("jwk", Forge(good, own, header: h => h["jwk"] = new JsonObject { ["kty"] = "EC", ["crv"] = "P-256", ["x"] = jwk.X, ["y"] = jwk.Y })),
            ("another key", Forge(good, own)),
            ("typ", Forge(good, key.ECDsa, header: h => h["typ"] = "JWT")),
            ("aud", Forge(good, key.ECDsa, p => p["aud"] = "another-api")),
            ("iss", Forge(good, key.ECDsa, p => p["iss"] = "https://evil.example")),
            ("iss of own sessions", Forge(good, key.ECDsa, p => p["iss"] = "codexos")),
            ("no scope, as in a person's own session", Forge(good, key.ECDsa, p => p.Remove("scope"))),
            ("another client", Forge(good, key.ECDsa, p => p["client_id"] = "cli_0198a1b2c3d47e5f8a9b0c1d2e3f4a5e")),
            ("a person's own client", Forge(good, key.ECDsa, p => p["client_id"] = "codexos")),
            ("no session", Forge(good, key.ECDsa, p => p.Remove("sid"))),
            ("exp", Forge(good, key.ECDsa, p => p["exp"] = now.AddSeconds(-30).ToUnixTimeSeconds())),
            ("nbf", Forge(good, key.ECDsa, p => p["nbf"] = now.AddSeconds(32).ToUnixTimeSeconds())),
        ];
        foreach (var (name, token) in forged)
        {
            using var answer = await server.GetAsync("/api/v1/agents", token);
            answer.StatusCode.ShouldBe(HttpStatusCode.Unauthorized, name);
        }

        var wider = Forge(good, key.ECDsa, p => p["scope"] = "agents:read roles:read");
        (await server.RefusedAsync(HttpMethod.Get, "/api/v1/roles", wider)).Status
            .ShouldBe(HttpStatusCode.Forbidden, "what was allowed is looked up, whatever a token says");
    }

    private static string Forge(string token, ECDsa signer, Action<JsonObject>? payload = null, Action<JsonObject>? header = null)
    {
        var parts = token.Split('.').Take(2)
            .Select(part => JsonNode.Parse(Base64Url.DecodeFromChars(part))!.AsObject()).ToArray();
        header?.Invoke(parts[0]);
        payload?.Invoke(parts[1]);
        var signed = string.Join(
            '.', parts.Select(part => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(part.ToJsonString()))));
        return $"{signed}.{Base64Url.EncodeToString(signer.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256))}";
    }

    private static string Unsigned(string token) => token[..(token.LastIndexOf('.') + 1)];

    private static string Mac(string token, ECDsa key)
    {
        var signed = token[..token.LastIndexOf('.')];
        var mac = HMACSHA256.HashData(key.ExportSubjectPublicKeyInfo(), Encoding.ASCII.GetBytes(signed));
        return $"{signed}.{Base64Url.EncodeToString(mac)}";
    }
}
