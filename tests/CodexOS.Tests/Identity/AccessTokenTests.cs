using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using CodexOS.Identity;
using CodexOS.Identity.Contracts;
using CodexOS.Identity.OAuth;
using CodexOS.Identity.Setup;
using CodexOS.Identity.Tokens;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Storage;
using CodexOS.Testing;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Microsoft.IdentityModel.Tokens;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Identity;

/// <summary>What is taken for an access token, and everything that must not be.</summary>
public sealed class AccessTokenTests : IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly FakeTimeProvider _clock = Clocks.AtNoon();
    private readonly SigningKeys _keys;
    private readonly AccessTokens _tokens;
    private readonly TenantId _tenant;
    private readonly UserId _user;
    private readonly SessionId _session;

    public AccessTokenTests()
    {
        _keys = new SigningKeys(new DataDirectory(_directory.Path));
        _tokens = TokensOf(_keys);
        (_tenant, _user, _session) = (TenantId.New(_clock), UserId.New(_clock), SessionId.New(_clock));
    }

    private string Good => _tokens.Issue(_tenant, _user, _session);

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_token_from_here_is_taken_and_says_whose_it_is()
    {
        var claims = (await _tokens.VerifyAsync(Good)).ShouldNotBeNull();
        claims.ShouldBe(new AccessTokenClaims.OfSession(_tenant, _user, _session, Clocks.Noon.AddMinutes(10)));
    }

    [Fact]
    public async Task A_client_s_token_says_which_client_it_is_and_what_it_is_held_to()
    {
        var client = new ClientScopes(OAuthClientId.New(_clock), FrozenSet.Create("agents:read", "openid"));
        var claims = (await _tokens.VerifyAsync(_tokens.Issue(_tenant, _user, _session, client)))
            .ShouldBeOfType<AccessTokenClaims.OfSession>();
        claims.Session.ShouldBe(_session);
        claims.Client.ShouldNotBeNull().Client.ShouldBe(client.Client);
        claims.Client.Scopes.ShouldBe(client.Scopes, ignoreOrder: true);

        var service = (await _tokens.VerifyAsync(_tokens.Issue(_tenant, _user, client)))
            .ShouldBeOfType<AccessTokenClaims.OfService>();
        service.Client.Client.ShouldBe(client.Client);
        service.TokenId.ShouldNotBeNullOrEmpty();
    }

    [Theory]
    [InlineData("iss", "\"codexos\"")]
    [InlineData("iss", "\"https://codexos.example/\"")]
    [InlineData("scope", "null")]
    [InlineData("client_id", "\"codexos\"")]
    [InlineData("client_id", "null")]
    [InlineData("sid", "5")]
    public async Task A_client_s_token_that_mixes_with_a_person_s_own_is_refused(string claim, string value)
    {
        var client = new ClientScopes(OAuthClientId.New(_clock), FrozenSet.Create("agents:read"));
        var good = _tokens.Issue(_tenant, _user, _session, client);
        (await _tokens.VerifyAsync(Forge(of: good))).ShouldNotBeNull();
        (await _tokens.VerifyAsync(Forge(payload: p => SetOrRemove(p, claim, value), of: good))).ShouldBeNull();
    }

    [Fact]
    public void A_token_names_its_type_algorithm_and_key_and_carries_ids_only()
    {
        var header = Part(Good, 0);
        header["typ"]!.GetValue<string>().ShouldBe("at+jwt");
        header["alg"]!.GetValue<string>().ShouldBe("ES256");
        header["kid"]!.GetValue<string>().ShouldBe(_keys.Signing.Key.KeyId);
        Part(Good, 1).Select(member => member.Key).Order(StringComparer.Ordinal)
            .ShouldBe(["aud", "client_id", "exp", "iat", "iss", "jti", "nbf", "sid", "sub", "tid"]);
    }

    [Fact]
    public async Task A_token_is_over_after_its_time_and_the_skew_also_when_it_was_seen_before()
    {
        var token = Good;
        var unseen = _tokens.Issue(_tenant, _user, _session);
        (await _tokens.VerifyAsync(token)).ShouldNotBeNull();

        _clock.Advance(TimeSpan.FromMinutes(10) + TimeSpan.FromSeconds(29));
        (await _tokens.VerifyAsync(token)).ShouldNotBeNull();

        _clock.Advance(TimeSpan.FromSeconds(1));
        (await _tokens.VerifyAsync(token)).ShouldBeNull();
        (await _tokens.VerifyAsync(unseen)).ShouldBeNull();
    }

    [Fact]
    public async Task A_token_from_the_future_is_refused()
    {
        _clock.AutoAdvanceAmount = TimeSpan.Zero;
        var future = Forge(payload: p => p["nbf"] = Clocks.Noon.AddSeconds(31).ToUnixTimeSeconds());
        (await _tokens.VerifyAsync(future)).ShouldBeNull();
    }

    [Theory]
    [InlineData("iss", "\"somebody else\"")]
    [InlineData("iss", "null")]
    [InlineData("aud", "\"another-api\"")]
    [InlineData("aud", "[\"codexos-api\", \"another-api\"]")]
    [InlineData("aud", "null")]
    [InlineData("exp", "null")]
    [InlineData("exp", "\"soon\"")]
    [InlineData("nbf", "null")]
    [InlineData("sub", "null")]
    [InlineData("sub", "\"usr_nobody\"")]
    [InlineData("sid", "null")]
    [InlineData("sid", "5")]
    [InlineData("tid", "null")]
    [InlineData("tid", "\"ses_00000000000000000000000000000000\"")]
    public async Task A_claim_that_is_missing_or_wrong_is_refused_even_with_a_right_signature(
        string claim, string value)
    {
        (await _tokens.VerifyAsync(Forge())).ShouldNotBeNull();
        (await _tokens.VerifyAsync(Forge(payload: p => SetOrRemove(p, claim, value)))).ShouldBeNull();
    }

    [Theory]
    [InlineData("typ", "\"JWT\"")]
    [InlineData("typ", "null")]
    [InlineData("typ", "\"logout+jwt\"")]
    [InlineData("alg", "\"none\"")]
    [InlineData("alg", "\"HS256\"")]
    [InlineData("alg", "\"RS256\"")]
    [InlineData("alg", "\"ES384\"")]
    [InlineData("alg", "null")]
    [InlineData("kid", "\"another\"")]
    [InlineData("kid", "null")]
    [InlineData("crit", "[\"exp\"]")]
    [InlineData("jku", "\"https://evil.example/keys\"")]
    [InlineData("x5c", "[\"AAAA\"]")]
    [InlineData("b64", "false")]
    [InlineData("cty", "\"JWT\"")]
    public async Task A_header_that_differs_from_ours_is_refused_even_with_a_right_signature(
        string member, string value) =>
        (await _tokens.VerifyAsync(Forge(header: h => SetOrRemove(h, member, value)))).ShouldBeNull();

    [Fact]
    public async Task The_algorithm_none_is_refused_with_and_without_a_signature()
    {
        var parts = Forge(header: h => h["alg"] = "none").Split('.');
        (await _tokens.VerifyAsync($"{parts[0]}.{parts[1]}.")).ShouldBeNull();
        (await _tokens.VerifyAsync($"{parts[0]}.{parts[1]}")).ShouldBeNull();
        (await _tokens.VerifyAsync($"{parts[0]}.{parts[1]}.{Good.Split('.')[2]}")).ShouldBeNull();
    }

    [Fact]
    public async Task A_MAC_made_with_the_public_key_is_refused()
    {
        var key = (ECDsaSecurityKey)_keys.Signing.Key;
        byte[][] publicForms =
        [
            key.ECDsa.ExportSubjectPublicKeyInfo(),
            Encoding.ASCII.GetBytes(key.ECDsa.ExportSubjectPublicKeyInfoPem()),
        ];
        var parts = Forge(header: h => h["alg"] = "HS256").Split('.');
        foreach (var form in publicForms)
        {
            var mac = HMACSHA256.HashData(form, Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}"));
            (await _tokens.VerifyAsync($"{parts[0]}.{parts[1]}.{Base64UrlEncoder.Encode(mac)}")).ShouldBeNull();
        }
    }

    [Fact]
    public async Task A_key_that_the_token_brings_along_is_not_used()
    {
        using var own = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var jwk = JsonWebKeyConverter.ConvertFromECDsaSecurityKey(new ECDsaSecurityKey(own));
        var token = Forge(
            header: h => h["jwk"] = new JsonObject { ["kty"] = "EC", ["crv"] = "P-256", ["x"] = jwk.X, ["y"] = jwk.Y },
            signer: own);
        (await _tokens.VerifyAsync(token)).ShouldBeNull();
        (await _tokens.VerifyAsync(Forge(signer: own))).ShouldBeNull();
    }

    [Fact]
    public async Task A_changed_byte_anywhere_is_refused()
    {
        var token = Good;
        var parts = token.Split('.');
        for (var part = 0; part < 3; part++)
        {
            for (var at = 0; at < parts[part].Length - 1; at++)
            {
                var changed = parts[part].ToCharArray();
                changed[at] = changed[at] == 'A' ? 'B' : 'A';
                string[] copy = [.. parts];
                copy[part] = new string(changed);
                if (copy[part] == parts[part]) continue;
                (await _tokens.VerifyAsync(string.Join('.', copy))).ShouldBeNull($"part {part}, character {at}");
            }
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("a.b.c")]
    [InlineData("....")]
    [InlineData("e30.e30.e30")]
    [InlineData("not a token at all")]
    [InlineData("cdr_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public async Task What_is_no_token_is_refused(string text) => (await _tokens.VerifyAsync(text)).ShouldBeNull();

    [Fact]
    public async Task A_signature_of_zeros_or_of_the_wrong_form_is_refused()
    {
        var parts = Good.Split('.');
        var der = ((ECDsaSecurityKey)_keys.Signing.Key).ECDsa.SignData(
            Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}"),
            HashAlgorithmName.SHA256,
            DSASignatureFormat.Rfc3279DerSequence);
        foreach (var signature in (byte[][])[new byte[64], new byte[63], der])
            (await _tokens.VerifyAsync($"{parts[0]}.{parts[1]}.{Base64UrlEncoder.Encode(signature)}")).ShouldBeNull();
    }

    [Fact]
    public async Task A_token_that_is_too_long_is_refused_unread()
    {
        var padded = Forge(payload: p => p["pad"] = new string('x', AccessTokens.LengthMax));
        (await _tokens.VerifyAsync(padded)).ShouldBeNull();
    }

    [Fact]
    public async Task A_new_key_signs_and_the_old_one_still_verifies_until_it_is_removed()
    {
        var old = Good;
        var data = new DataDirectory(_directory.Path);
        var oldFile = Directory.GetFiles(data.Keys, "access-token-*.pem").ShouldHaveSingleItem();
        using (var key = ECDsa.Create(ECCurve.NamedCurves.nistP256))
        {
            DataDirectory.WriteSecret(
                Path.Combine(data.Keys, "access-token-20310101T000000.pem"),
                Encoding.ASCII.GetBytes(key.ExportPkcs8PrivateKeyPem()));
        }

        var both = TokensOf(new SigningKeys(data));
        (await both.VerifyAsync(old)).ShouldNotBeNull();
        var renewed = both.Issue(_tenant, _user, _session);
        Part(renewed, 0)["kid"]!.GetValue<string>().ShouldNotBe(_keys.Signing.Key.KeyId);

        File.Delete(oldFile);
        var one = TokensOf(new SigningKeys(data));
        (await one.VerifyAsync(old)).ShouldBeNull();
        (await one.VerifyAsync(renewed)).ShouldNotBeNull();
    }

    [Fact]
    public void The_key_is_made_once_and_only_its_owner_may_read_it()
    {
        var data = new DataDirectory(_directory.Path);
        var file = Directory.GetFiles(data.Keys, "access-token-*.pem").ShouldHaveSingleItem();
        File.GetUnixFileMode(file).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        new SigningKeys(data).Signing.Key.KeyId.ShouldBe(_keys.Signing.Key.KeyId);

        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
        Should.Throw<InvalidOperationException>(() => new SigningKeys(data)).Message.ShouldContain("chmod 600");
    }

    [Fact]
    public void A_damaged_key_stops_the_start_with_its_name()
    {
        var data = new DataDirectory(_directory.Path);
        DataDirectory.WriteSecret(Path.Combine(data.Keys, "access-token-damaged.pem"), "nonsense"u8);
        Should.Throw<InvalidOperationException>(() => new SigningKeys(data))
            .Message.ShouldContain("access-token-damaged.pem");
    }

    private AccessTokens TokensOf(SigningKeys keys)
    {
        // With a public address, where the server listens is not asked for.
        var options = Options.Create(new IdentityOptions { PublicUrl = "https://codexos.example" });
        return new AccessTokens(keys, new Issuer(new ServerAddress(null!, options)), options, _clock);
    }

    /// <summary>
    /// A token like ours with something changed, signed with our key: what an insider's bug could produce.
    /// </summary>
    private string Forge(
        Action<JsonObject>? header = null, Action<JsonObject>? payload = null, ECDsa? signer = null, string? of = null)
    {
        var (head, body) = (Part(of ?? Good, 0), Part(of ?? Good, 1));
        header?.Invoke(head);
        payload?.Invoke(body);
        var signed = $"{Base64UrlEncoder.Encode(head.ToJsonString())}.{Base64UrlEncoder.Encode(body.ToJsonString())}";
        var key = signer ?? ((ECDsaSecurityKey)_keys.Signing.Key).ECDsa;
        var signature = key.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256);
        return $"{signed}.{Base64UrlEncoder.Encode(signature)}";
    }

    private static JsonObject Part(string token, int part) =>
        JsonNode.Parse(Base64UrlEncoder.Decode(token.Split('.')[part]))!.AsObject();

    private static void SetOrRemove(JsonObject json, string name, string value)
    {
        if (value == "null") json.Remove(name);
        else json[name] = JsonNode.Parse(value);
    }
}
