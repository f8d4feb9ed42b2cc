using CodexOS.Runs.Contracts;

namespace CodexOS.Runs.Watching;

/// <summary>Tells watchers on other nodes.</summary>
internal interface IRunRelay
{
    /// <summary>A run's journal has grown. Called with every append, so it does next to nothing.</summary>
    void Appended(RunId run, int headSeq);

    /// <summary>Text of a step is being written; the offset counts the characters before it.</summary>
    void Text(RunId run, string step, int occurrence, int offset, string piece);

    /// <summary>The text of a step has ended.</summary>
    void TextEnded(RunId run, string step, int occurrence);

    /// <summary>A run is being watched on this node.</summary>
    void Watching(RunId run);
}
