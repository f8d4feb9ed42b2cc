using System.Security.Cryptography;
using System.Text.Json;
using CodexOS.Testing;
using CodexOS.Trust.Keys;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Trust;

/// <summary>The published vectors of attacks on AES-KWP and AES-GCM, against what wraps keys and seals values here.</summary>
public sealed class WycheproofTests
{
    private const int NonceBits = 96;
    private const int TagBits = 128;

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

    private static IEnumerable<(JsonElement Test, JsonElement Group)> Read(string file)
    {
        var document = JsonElement.Parse(File.ReadAllBytes(Repository.In("tests", "CodexOS.Tests", "Trust", "Wycheproof", file)));
        return document.GetProperty("testGroups").EnumerateArray()
            .SelectMany(static group => group.GetProperty("tests").EnumerateArray().Select(test => (test, group)));
    }

    private static byte[] Bytes(JsonElement test, string name) => Convert.FromHexString(test.GetProperty(name).GetString()!);
}
