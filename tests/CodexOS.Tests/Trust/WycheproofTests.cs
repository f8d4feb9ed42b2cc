using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using CodexOS.Identity;
using CodexOS.Identity.OAuth;
using CodexOS.Identity.Setup;
using CodexOS.Identity.Tokens;
using CodexOS.Platform.Storage;
using CodexOS.Testing;
using CodexOS.Trust.Keys;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Tokens;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Trust;

/// <summary>The published vectors of attacks on AES-KWP and AES-GCM, against what wraps keys and seals values here.</summary>
public sealed class WycheproofTests
{
    private const int NonceBits = 96;
    private const int TagBits = 128;

    // A provider that were kept would outlive the key of its vector.
    private static readonly CryptoProviderFactory s_providers = new() { CacheSignatureProviders = false };

    [Fact]
    public void Key_wrapping_takes_every_valid_vector_and_refuses_every_other()
    {
        var run = 0;
        foreach (var (test, _) in Read("aes_kwp_test.json"))
        {
            var (key, message, wrapped) = (Bytes(test, "key"), Bytes(test, "msg"), Bytes(test, "ct"));
            var name = $"{test.GetProperty("tcId")}: {test.GetProperty("comment")}";
            if (test.GetProperty("result").GetString() == "invalid")
            {
                Should.Throw<CryptographicException>(() => KeyWrap.Unwrap(key, wrapped), name);
            }
            else
            {
                KeyWrap.Unwrap(key, wrapped).ShouldBe(message, name);
                KeyWrap.Wrap(key, message).ShouldBe(wrapped, name);
            }

            run++;
        }

        run.ShouldBe(254);
    }

    [Fact]
    public void Sealing_takes_every_valid_vector_and_refuses_every_other()
    {
        var run = 0;
        foreach (var (test, group) in Read("aes_gcm_test.json"))
        {
            if (group.GetProperty("ivSize").GetInt32() != NonceBits || group.GetProperty("tagSize").GetInt32() != TagBits) continue;
            var (message, content, tag) = (Bytes(test, "msg"), Bytes(test, "ct"), Bytes(test, "tag"));
            var name = $"{test.GetProperty("tcId")}: {test.GetProperty("comment")}";
            var opened = new byte[content.Length];
            using var aes = new AesGcm(Bytes(test, "key"), TagBits / 8);
            void Open() => aes.Decrypt(Bytes(test, "iv"), content, tag, opened, Bytes(test, "aad"));
            if (test.GetProperty("result").GetString() == "invalid")
            {
                Should.Throw<AuthenticationTagMismatchException>(Open, name);
            }
            else
            {
                Open();
                opened.ShouldBe(message, name);
            }

            run++;
        }

        run.ShouldBeGreaterThan(100);
    }

    [Fact]
    public async Task Signatures_of_tokens_are_taken_as_every_vector_of_ES256_says_and_none_of_any_algorithm_opens_anything()
    {
        using var directory = new TempDirectory();
        var options = Options.Create(new IdentityOptions { PublicUrl = "https://codexos.example" });
        var issuer = new Issuer(new ServerAddress(null!, options));
        var tokens = new AccessTokens(new SigningKeys(new DataDirectory(directory.Path)), issuer, options, Clocks.AtNoon());
        var run = 0;
        foreach (var (test, group) in Read("json_web_signature_test.json"))
        {
            var jws = test.GetProperty("jws").GetString()!;
            var name = $"{test.GetProperty("tcId")}: {test.GetProperty("comment")}";
            if (KeyOf(group) is { } key)
            {
                using (key.ECDsa)
                {
                    Verifies(jws, key).ShouldBe(test.GetProperty("result").GetString() == "valid", name);
                    run++;
                }
            }

            (await tokens.VerifyAsync(jws)).ShouldBeNull(name);
        }

        run.ShouldBe(39);
    }

    /// <summary>The key of a group that is about ES256, or null.</summary>
    private static ECDsaSecurityKey? KeyOf(JsonElement group) =>
        group.TryGetProperty("public", out var key) && key.TryGetProperty("alg", out var alg) && alg.GetString() == "ES256"
            ? new ECDsaSecurityKey(ECDsa.Create(new ECParameters
            {
                Curve = ECCurve.NamedCurves.nistP256,
                Q = new ECPoint { X = Coordinate(key, "x"), Y = Coordinate(key, "y") },
            }))
            : null;

    private static byte[] Coordinate(JsonElement key, string name) =>
        Base64UrlEncoder.DecodeBytes(key.GetProperty(name).GetString()!);

    /// <summary>
    /// Checks a signature as the rules of access tokens do: three parts, the algorithm and id of the key, no other header.
    /// </summary>
    private static bool Verifies(string jws, ECDsaSecurityKey key)
    {
        var parts = jws.Split('.');
        if (parts is not [{ Length: > 0 } header, var payload, { Length: > 0 } signature]) return false;
        try
        {
            var members = JsonElement.Parse(Base64UrlEncoder.DecodeBytes(header)).EnumerateObject()
                .ToDictionary(each => each.Name, each => each.Value.ToString());
            if (members.GetValueOrDefault("alg") != SecurityAlgorithms.EcdsaSha256
                || members.Keys.Any(each => each is not ("alg" or "kid")))
            {
                return false;
            }

            using var provider = s_providers.CreateForVerifying(key, SecurityAlgorithms.EcdsaSha256);
            return provider.Verify(Encoding.ASCII.GetBytes($"{header}.{payload}"), Base64UrlEncoder.DecodeBytes(signature));
        }
        catch (Exception error) when (error is FormatException or JsonException)
        {
            return false;
        }
    }

    private static IEnumerable<(JsonElement Test, JsonElement Group)> Read(string file)
    {
        var document = JsonElement.Parse(File.ReadAllBytes(Repository.In("tests", "CodexOS.Tests", "Trust", "Wycheproof", file)));
        return document.GetProperty("testGroups").EnumerateArray()
            .SelectMany(static group => group.GetProperty("tests").EnumerateArray().Select(test => (test, group)));
    }

    private static byte[] Bytes(JsonElement test, string name) => Convert.FromHexString(test.GetProperty(name).GetString()!);
}
