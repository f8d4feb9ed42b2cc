using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace CodexOS.Trust.Audit;

/// <summary>
/// A text with signatures below it, in the form of C2SP signed-note: the text, an empty line, and a line for each
/// signature.
/// </summary>
/// <param name="Text">What is signed, with the line's end of its last line.</param>
/// <param name="Signatures">The signatures, those of other signers too.</param>
internal sealed record SignedNote(string Text, ImmutableArray<NoteSignature> Signatures)
{
    private const int LengthMax = 64 * 1024;
    private const int SignaturesMax = 64;
    private const string Mark = "— ";

    /// <summary>The note as it is written down.</summary>
    public override string ToString() => $"{Text}\n{string.Concat(Signatures.Select(static one =>
        $"{Mark}{one.Name} {Convert.ToBase64String([.. one.KeyId, .. one.Signature])}\n"))}";

    /// <summary>Reads a note; says nothing of whether a signature is right.</summary>
    public static bool TryParse(string? note, [NotNullWhen(true)] out SignedNote? parsed)
    {
        parsed = null;
        if (note is null || note.Length > LengthMax) return false;
        var end = note.LastIndexOf("\n\n", StringComparison.Ordinal);
        if (end < 0 || end + 2 >= note.Length || note[^1] != '\n') return false;
        var lines = note[(end + 2)..^1].Split('\n');
        if (lines.Length > SignaturesMax) return false;
        var signatures = ImmutableArray.CreateBuilder<NoteSignature>(lines.Length);
        foreach (var line in lines)
        {
            if (!NoteSignature.TryParse(line, Mark, out var signature)) return false;
            signatures.Add(signature);
        }

        parsed = new SignedNote(note[..(end + 1)], signatures.ToImmutable());
        return true;
    }
}

/// <summary>One signature of a note.</summary>
/// <param name="Name">The name of the key.</param>
/// <param name="KeyId">The four bytes that tell keys of one name apart.</param>
/// <param name="Signature">The signature.</param>
internal sealed record NoteSignature(string Name, byte[] KeyId, byte[] Signature)
{
    public const int KeyIdBytes = 4;

    public static bool TryParse(string line, string mark, [NotNullWhen(true)] out NoteSignature? signature)
    {
        signature = null;
        if (!line.StartsWith(mark, StringComparison.Ordinal)) return false;
        var parts = line[mark.Length..].Split(' ');
        if (parts is not [{ Length: > 0 } name, { } encoded]) return false;
        var bytes = new byte[encoded.Length];
        if (!Convert.TryFromBase64String(encoded, bytes, out var length) || length <= KeyIdBytes) return false;
        signature = new NoteSignature(name, bytes[..KeyIdBytes], bytes[KeyIdBytes..length]);
        return true;
    }
}
