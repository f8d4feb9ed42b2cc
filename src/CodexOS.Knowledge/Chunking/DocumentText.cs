using System.Text;
using CodexOS.Knowledge.Extraction;

namespace CodexOS.Knowledge.Chunking;

/// <summary>
/// The one definition of a document's text: its blocks in reading order, with a blank line between. Offsets of passages
/// and citations count in it, in UTF-16 code units, and resolve in nothing else.
/// </summary>
/// <param name="to">Takes the text as it comes, for a store; without one the text is held here.</param>
internal sealed class DocumentText(TextWriter? to = null)
{
    /// <summary>What stands between two blocks.</summary>
    public const string Separator = "\n\n";

    private readonly StringBuilder? _held = to is null ? new StringBuilder() : null;

    /// <summary>The length so far.</summary>
    public long Length { get; private set; }

    /// <summary>Adds a block and says where it begins.</summary>
    public long Append(Block block)
    {
        if (Length > 0) Write(Separator);
        var start = Length;
        Write(block.Text);
        return start;
    }

    /// <summary>The text, if it was held.</summary>
    /// <exception cref="InvalidOperationException">The text went to a store.</exception>
    public override string ToString() => _held?.ToString()
        ?? throw new InvalidOperationException("The text was written to a store; read it there.");

    private void Write(string text)
    {
        Length += text.Length;
        if (to is not null) to.Write(text);
        else _held!.Append(text);
    }
}
