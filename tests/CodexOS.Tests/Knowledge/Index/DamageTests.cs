using CodexOS.Knowledge.Index;
using CodexOS.Knowledge.Index.Storage;
using CsCheck;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Knowledge.Index;

public sealed class DamageTests : IDisposable
{
    private readonly IndexCase _case = new();

    public DamageTests()
    {
        _case.Publish([.. Enumerable.Range(0, 120).Select(static i =>
            IndexCase.Passage(i, $"passage {i} of words w{i % 7}x w{i % 11}y"))]);
        _case.Index.Refit(CancellationToken.None).IsOk.ShouldBeTrue();
        _case.Index.Dispose();
    }

    public void Dispose() => _case.Dispose();

    [Theory]
    [InlineData("*.segment")]
    [InlineData("*.vectors")]
    [InlineData("*.basis")]
    [InlineData("manifest.json")]
    public void A_changed_byte_is_found_wherever_it_is(string pattern)
    {
        var file = Directory.EnumerateFiles(_case.Folder, pattern).Single();
        var bytes = File.ReadAllBytes(file);
        Gen.Select(Gen.Int[0, bytes.Length - 1], Gen.Byte[1, 255]).Sample(
            (at, change) =>
            {
                if (IsPadding(bytes, at, pattern)) return;
                var damaged = (byte[])bytes.Clone();
                damaged[at] ^= change;
                File.WriteAllBytes(file, damaged);
                ShouldBeDamaged();
            },
            iter: 150,
            threads: 1);
        File.WriteAllBytes(file, bytes);
        _case.Reopen();
        _case.Found("w3x").ShouldNotBeEmpty();
    }

    [Fact]
    public void Another_spelling_of_the_manifests_hash_is_found()
    {
        var file = Directory.EnumerateFiles(_case.Folder, "manifest.json").Single();
        var bytes = File.ReadAllBytes(file);
        for (var at = bytes.Length - 18; at < bytes.Length; at++)
        {
            // The other case of a letter, and other white space, would be the same number.
            foreach (var other in (byte[])[(byte)(bytes[at] ^ 0x20), (byte)' ', (byte)'\v'])
            {
                if (other == bytes[at]) continue;
                var damaged = (byte[])bytes.Clone();
                damaged[at] = other;
                File.WriteAllBytes(file, damaged);
                ShouldBeDamaged();
            }
        }
    }

    [Theory]
    [InlineData("*.segment")]
    [InlineData("*.vectors")]
    [InlineData("*.basis")]
    [InlineData("manifest.json")]
    public void A_file_that_is_cut_off_or_gone_is_found(string pattern)
    {
        var file = Directory.EnumerateFiles(_case.Folder, pattern).Single();
        var bytes = File.ReadAllBytes(file);
        foreach (var length in (int[])[bytes.Length - 1, bytes.Length / 2, 10, 0])
        {
            File.WriteAllBytes(file, bytes[..length]);
            ShouldBeDamaged();
        }

        File.Delete(file);
        ShouldBeDamaged();
    }

    private void ShouldBeDamaged()
    {
        var opened = _case.Open();
        if (opened.IsOk) opened.Value.Dispose();
        opened.IsOk.ShouldBeFalse();
        opened.Fault.Code.ShouldBe(IndexFaults.DamagedCode);
    }

    /// <summary>Zeros between sections carry nothing.</summary>
    private static bool IsPadding(byte[] bytes, int at, string pattern)
    {
        if (pattern == "manifest.json" || at < SectionLayout.HeaderSizeBytes) return false;
        var from = at & ~(SectionLayout.AlignmentBytes - 1);
        var end = Math.Min(bytes.Length, from + SectionLayout.AlignmentBytes);
        return bytes.AsSpan(at, end - at).IndexOfAnyExcept((byte)0) < 0;
    }
}
