using System.Security.Cryptography;
using System.Text;
using CodexOS.Platform.Ids;
using CodexOS.Testing;
using CodexOS.Trust.Contracts;
using CodexOS.Trust.Keys;
using CsCheck;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Trust;

/// <summary>What sealed values are bound to, and that nothing else opens.</summary>
public sealed class SealedFormatTests
{
    private static readonly byte[] s_value = Encoding.UTF8.GetBytes("a secret worth keeping");

    private readonly VaultKey _key = Key(1);
    private readonly SealedPlace _place = new(TenantId.New(Clocks.AtNoon()), "secrets", "value", "4:name");

    [Fact]
    public void A_value_opens_where_it_was_sealed_and_looks_different_each_time()
    {
        var (one, other) = (SealedFormat.Seal(_key, _place, s_value), SealedFormat.Seal(_key, _place, s_value));

        one.ShouldNotBe(other);
        SealedFormat.TryOpen(_key, _place, one, out var opened).ShouldBeTrue();
        opened.ShouldBe(s_value);
        SealedFormat.TryReadKey(one, out var key).ShouldBeTrue();
        key.ShouldBe(_key.Id);
        Encoding.UTF8.GetString(one.Bytes).ShouldNotContain("secret");
    }

    [Fact]
    public void A_value_that_was_moved_to_another_row_column_table_tenant_or_person_does_not_open()
    {
        var value = SealedFormat.Seal(_key, _place, s_value);
        SealedPlace[] elsewhere =
        [
            _place with { Row = "4:nama" },
            _place with { Column = "header" },
            _place with { Table = "secret" },
            _place with { Tenant = TenantId.New(Clocks.AtNoon()) },
            _place with { Subject = UserId.New(Clocks.AtNoon()) },
            // The same letters, parted elsewhere.
            _place with { Table = "secretsv", Column = "alue" },
            _place with { Column = "value4:", Row = "name" },
        ];

        elsewhere.ShouldAllBe(place => !Opens(_key, place, value));
    }

    [Fact]
    public void A_value_does_not_open_under_another_version_or_another_key()
    {
        var value = SealedFormat.Seal(_key, _place, s_value);

        Opens(_key with { Version = 2 }, _place, value).ShouldBeFalse();
        Opens(_key with { Bytes = RandomNumberGenerator.GetBytes(32) }, _place, value).ShouldBeFalse();
        Opens(Key(1), _place, value).ShouldBeFalse();
    }

    [Fact]
    public void No_bit_of_a_value_can_be_flipped_and_no_byte_cut_off_or_added()
    {
        var bytes = SealedFormat.Seal(_key, _place, s_value).ToArray();
        for (var bit = 0; bit < bytes.Length * 8; bit++)
        {
            var changed = bytes.ToArray();
            changed[bit / 8] ^= (byte)(1 << (bit % 8));
            Opens(_key, _place, new Sealed(changed)).ShouldBeFalse($"bit {bit}");
        }

        for (var length = 0; length < bytes.Length; length++)
            Opens(_key, _place, new Sealed(bytes[..length])).ShouldBeFalse($"{length} bytes");
        Opens(_key, _place, new Sealed([.. bytes, 0])).ShouldBeFalse();
    }

    [Fact]
    public void A_shorter_tag_or_nonce_is_not_taken_for_a_whole_one()
    {
        // Sealed by hand in the same place, with a tag of 12 bytes and with a nonce that is cut: neither has the format.
        var nonce = RandomNumberGenerator.GetBytes(12);
        var (tag, content) = (new byte[12], new byte[s_value.Length]);
        using (var aes = new AesGcm(_key.Bytes, tag.Length))
            aes.Encrypt(nonce, s_value, content, tag, SealedFormat.BoundTo(_place, _key.Version));
        var id = _key.Id.Value.ToByteArray(bigEndian: true);

        Opens(_key, _place, new Sealed([1, .. id, .. nonce, .. tag, .. content])).ShouldBeFalse();
        Opens(_key, _place, new Sealed([1, .. id, .. nonce, .. tag, 0, 0, 0, 0, .. content])).ShouldBeFalse();
        Opens(_key, _place, new Sealed([1, .. id, .. nonce[..8], .. tag, .. content])).ShouldBeFalse();
    }

    [Fact]
    public void Two_places_are_bound_to_in_the_same_bytes_only_if_they_are_the_same() =>
        Gen.Select(Gen.String[0, 4], Gen.String[0, 4], Gen.String[0, 4], Gen.Int[1, 3]).Array[2].Sample(places =>
        {
            var meant = places.Select(static one => (Clean(one.Item1), Clean(one.Item2), Clean(one.Item3), one.Item4)).ToList();
            var bytes = meant.Select(one => Convert.ToHexString(SealedFormat.BoundTo(
                _place with { Table = one.Item1, Column = one.Item2, Row = one.Item3 }, one.Item4)));
            (bytes.Distinct().Count() == 1).ShouldBe(meant.Distinct().Count() == 1);
        });

    /// <summary>What UTF-8 can say.</summary>
    private static string Clean(string text) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));

    private static bool Opens(VaultKey key, SealedPlace place, Sealed value) => SealedFormat.TryOpen(key, place, value, out _);

    private static VaultKey Key(int version) =>
        new(VaultKeyId.New(Clocks.AtNoon()), version, RandomNumberGenerator.GetBytes(KeyWrap.KeyBytes));
}
