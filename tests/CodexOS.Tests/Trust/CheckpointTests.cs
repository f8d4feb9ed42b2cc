using CodexOS.Platform.Ids;
using CodexOS.Platform.Storage;
using CodexOS.Testing;
using CodexOS.Trust.Audit;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Trust;

/// <summary>Checkpoints as signed notes: what is written, what is recognised, what is not.</summary>
public sealed class CheckpointTests : IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly CheckpointSigner _signer;
    private readonly TenantId _log = TenantId.New(Clocks.AtNoon());

    public CheckpointTests() => _signer = new CheckpointSigner(new DataDirectory(_directory.Path));

    private string KeyPath => Path.Combine(_directory.Path, "keys", "audit-signing-key");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void A_note_has_origin_size_root_and_a_signature_on_lines_of_their_own()
    {
        var note = _signer.Sign(_log, 3, Root(7)).ToString();

        var lines = note.Split('\n');
        lines.Length.ShouldBe(6);
        lines[0].ShouldBe(_signer.OriginOf(_log));
        lines[0].ShouldEndWith($"/{_log}");
        lines[1].ShouldBe("3");
        lines[2].ShouldBe(Convert.ToBase64String(Root(7)));
        lines[3].ShouldBeEmpty();
        lines[4].ShouldStartWith($"— {_signer.OriginOf(_log)} ");
        Convert.FromBase64String(lines[4].Split(' ')[^1]).Length.ShouldBe(4 + 64);
        lines[5].ShouldBeEmpty();
    }

    [Fact]
    public void A_note_of_ones_own_is_recognised_also_with_the_signatures_of_witnesses()
    {
        var note = _signer.Sign(_log, 3, Root(7)).ToString();
        var witness = new NoteSignature("witness.example", [1, 2, 3, 4], new byte[72]);
        SignedNote.TryParse(note, out var parsed).ShouldBeTrue();

        _signer.Open(_log, note).ShouldNotBeNull().Size.ShouldBe(3);
        var cosigned = parsed! with { Signatures = [witness, .. parsed.Signatures] };
        _signer.Open(_log, cosigned.ToString()).ShouldNotBeNull().Root.ShouldBe(Root(7));
    }

    [Fact]
    public void What_was_changed_belongs_to_another_log_or_was_signed_elsewhere_is_not_recognised()
    {
        var note = _signer.Sign(_log, 3, Root(7)).ToString();
        using var elsewhere = new TempDirectory();
        var other = new CheckpointSigner(new DataDirectory(elsewhere.Path));

        _signer.Open(_log, note.Replace("\n3\n", "\n4\n", StringComparison.Ordinal)).ShouldBeNull();
        _signer.Open(AuditLogs.Installation, note).ShouldBeNull();
        other.Open(_log, note).ShouldBeNull();
        _signer.Open(_log, note.TrimEnd('\n')).ShouldBeNull();
        _signer.Open(_log, null).ShouldBeNull();
        _signer.Open(_log, "").ShouldBeNull();
        for (var cut = 0; cut < note.Length; cut++) _signer.Open(_log, note[..cut]).ShouldBeNull();
    }

    [Fact]
    public void The_key_stays_the_same_and_is_for_its_owner_only()
    {
        var again = new CheckpointSigner(new DataDirectory(_directory.Path));

        again.VerifierOf(_log).ShouldBe(_signer.VerifierOf(_log));
        File.GetUnixFileMode(KeyPath).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    [Fact]
    public void A_key_that_others_can_read_or_that_is_none_keeps_the_server_from_starting()
    {
        var data = new DataDirectory(_directory.Path);
        File.SetUnixFileMode(KeyPath, UnixFileMode.UserRead | UnixFileMode.OtherRead);
        Should.Throw<InvalidOperationException>(() => new CheckpointSigner(data)).Message.ShouldContain("chmod 600");

        File.SetUnixFileMode(KeyPath, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var line = File.ReadAllText(KeyPath);
        File.WriteAllText(KeyPath, line.Replace("codexos-", "somebody-", StringComparison.Ordinal));
        Should.Throw<InvalidOperationException>(() => new CheckpointSigner(data)).Message.ShouldContain("backup");
    }

    private static byte[] Root(byte of) => [.. Enumerable.Repeat(of, Merkle.HashBytes)];
}
