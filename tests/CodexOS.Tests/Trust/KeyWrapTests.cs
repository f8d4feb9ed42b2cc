using System.Security.Cryptography;
using CodexOS.Platform.Storage;
using CodexOS.Testing;
using CodexOS.Trust.Keys;
using Microsoft.Extensions.Options;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Trust;

/// <summary>How keys are wrapped, and where the root key comes from.</summary>
public sealed class KeyWrapTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    /// <summary>The two examples of RFC 5649, section 6.</summary>
    [Theory]
    [InlineData(
        "c37b7e6492584340bed12207808941155068f738", "138bdeaa9b8fa7fc61f97742e72248ee5ae6ae5360d1ae6a5f54f373fa543b6a")]
    [InlineData("466f7250617369", "afbeb0f07dfbf5419200f2ccb50bb24f")]
    public void Wrapping_is_that_of_rfc_5649(string key, string wrapped)
    {
        var wrapping = Convert.FromHexString("5840df6e29b02af1ab493b705bf16ea1ae8338f4dcc176a8");

        KeyWrap.Wrap(wrapping, Convert.FromHexString(key)).ShouldBe(Convert.FromHexString(wrapped));
        KeyWrap.Unwrap(wrapping, Convert.FromHexString(wrapped)).ShouldBe(Convert.FromHexString(key));
    }

    [Fact]
    public void A_wrapped_key_that_was_changed_or_is_anothers_does_not_unwrap()
    {
        var (wrapping, key) = (RandomNumberGenerator.GetBytes(32), RandomNumberGenerator.GetBytes(32));
        var wrapped = KeyWrap.Wrap(wrapping, key);
        for (var bit = 0; bit < wrapped.Length * 8; bit++)
        {
            var changed = wrapped.ToArray();
            changed[bit / 8] ^= (byte)(1 << (bit % 8));
            Should.Throw<CryptographicException>(() => KeyWrap.Unwrap(wrapping, changed), $"bit {bit}");
        }

        for (var length = 0; length < wrapped.Length; length++)
            Should.Throw<CryptographicException>(() => KeyWrap.Unwrap(wrapping, wrapped.AsSpan(0, length)), $"{length} bytes");
        Should.Throw<CryptographicException>(() => KeyWrap.Unwrap(RandomNumberGenerator.GetBytes(32), wrapped));
    }

    [Fact]
    public async Task The_root_key_is_made_once_in_a_file_for_its_owner_and_a_newer_one_beside_it_wraps()
    {
        var data = new DataDirectory(_directory.Path);
        var first = RootKeysOf(data);
        var file = Directory.GetFiles(data.Keys, "root-*.key").ShouldHaveSingleItem();
        File.GetUnixFileMode(file).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        RootKeysOf(data).CurrentKeyId.ShouldBe(first.CurrentKeyId);
        var wrapped = await first.WrapAsync(new byte[32], Token);

        DataDirectory.WriteSecret(
            Path.Combine(data.Keys, "root-20300101T000000.key"),
            System.Text.Encoding.ASCII.GetBytes(Convert.ToBase64String(RandomNumberGenerator.GetBytes(32))));
        var both = RootKeysOf(data);

        both.CurrentKeyId.ShouldNotBe(first.CurrentKeyId);
        (await both.UnwrapAsync(first.CurrentKeyId, wrapped, Token)).ShouldBe(new byte[32]);
        foreach (var other in (string[])[both.CurrentKeyId, "root-unknown"])
            await Should.ThrowAsync<CryptographicException>(async () => await both.UnwrapAsync(other, wrapped, Token));
    }

    [Fact]
    public async Task The_root_key_of_the_options_takes_the_place_of_files()
    {
        var old = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));
        var now = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));
        var data = new DataDirectory(_directory.Path);
        var before = new RootKeys(Options.Create(new VaultOptions { RootKey = old }), data);
        var wrapped = await before.WrapAsync(new byte[32], Token);

        var after = new RootKeys(Options.Create(new VaultOptions { RootKey = now, PreviousRootKeys = { old } }), data);

        Directory.GetFiles(data.Keys, "root-*.key").ShouldBeEmpty();
        after.CurrentKeyId.ShouldNotBe(before.CurrentKeyId);
        (await after.UnwrapAsync(before.CurrentKeyId, wrapped, Token)).ShouldBe(new byte[32]);
    }

    [Fact]
    public void A_root_key_that_others_can_read_or_that_is_none_keeps_the_server_from_starting()
    {
        var data = new DataDirectory(_directory.Path);
        _ = RootKeysOf(data);
        var file = Directory.GetFiles(data.Keys, "root-*.key").ShouldHaveSingleItem();
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.GroupRead);
        Should.Throw<InvalidOperationException>(() => RootKeysOf(data)).Message.ShouldContain("chmod 600");

        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.WriteAllText(file, Convert.ToBase64String(new byte[16]));
        Should.Throw<InvalidOperationException>(() => RootKeysOf(data)).Message.ShouldContain("32 bytes");
        new VaultOptions { RootKey = "c2hvcnQ=" }.Validate(new(new object())).ShouldHaveSingleItem();
    }

    private static RootKeys RootKeysOf(DataDirectory data) => new(Options.Create(new VaultOptions()), data);
}
