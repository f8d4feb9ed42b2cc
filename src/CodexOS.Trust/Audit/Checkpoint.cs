using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace CodexOS.Trust.Audit;

/// <summary>How far a log had come, in the form of C2SP tlog-checkpoint: origin, size and root on a line each.</summary>
/// <param name="Origin">Which log of which installation.</param>
/// <param name="Size">How many entries it had.</param>
/// <param name="Root">The root of the tree over them.</param>
internal sealed record Checkpoint(string Origin, long Size, byte[] Root)
{
    /// <summary>The text that is signed, with the line's end of its last line.</summary>
    public string Text => string.Create(
        CultureInfo.InvariantCulture, $"{Origin}\n{Size}\n{Convert.ToBase64String(Root)}\n");

    /// <summary>Reads a text; lines after the third are extensions, which say nothing here.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out Checkpoint? checkpoint)
    {
        checkpoint = null;
        var lines = text.Split('\n');
        var root = new byte[Merkle.HashBytes];
        if (lines.Length < 4 || lines[0].Length == 0
            || !long.TryParse(lines[1], NumberStyles.None, CultureInfo.InvariantCulture, out var size)
            || lines[1] != size.ToString(CultureInfo.InvariantCulture)
            || !Convert.TryFromBase64String(lines[2], root, out var length) || length != root.Length
            || lines[2] != Convert.ToBase64String(root))
        {
            return false;
        }

        checkpoint = new Checkpoint(lines[0], size, root);
        return true;
    }
}
