using System.Text;

namespace CodexOS.Knowledge.Extraction;

/// <summary>What a file says about itself.</summary>
internal sealed record DocumentMetadata
{
    public string? Title { get; init; }

    public string? Author { get; init; }

    public DateTimeOffset? CreatedAt { get; init; }

    public DateTimeOffset? ModifiedAt { get; init; }

    public int? Pages { get; init; }
}

/// <summary>
/// What a reader works with besides the bytes: its limits, the clock they run by, and the place for what the file says
/// about itself. Readers call <see cref="Check"/> in every loop whose length the file decides.
/// </summary>
internal sealed class ReadContext(
    DetectedFormat format, string fileName, ReadLimits limits, TimeProvider clock, CancellationToken cancellationToken)
{
    // The clock is read every so many checks; a check between two readings is one addition.
    private const int ChecksPerReading = 64;

    private long _startedAt = clock.GetTimestamp();
    private TimeSpan _spent;
    private int _checks;

    public DocumentFormat Format => format.Format;

    /// <summary>The encoding that was found; of binary formats UTF-8.</summary>
    public Encoding Encoding => format.Encoding ?? Encoding.UTF8;

    public string FileName => fileName;

    public ReadLimits Limits => limits;

    public CancellationToken Cancellation => cancellationToken;

    /// <summary>Set by the reader before its first block.</summary>
    public DocumentMetadata Metadata { get; set; } = new();

    /// <summary>Set by a reader that knows why a document without a single block has none.</summary>
    public string? NoTextReason { get; set; }

    /// <summary>Ends the reading when it is cancelled or has had its time.</summary>
    public void Check()
    {
        if (++_checks % ChecksPerReading != 0) return;
        CheckNow();
    }

    /// <summary>The same for loops whose single turn is long.</summary>
    public void CheckNow()
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (_spent + clock.GetElapsedTime(_startedAt) > limits.TimeMax)
            throw new DocumentException(ExtractionFaults.TooSlow(limits.TimeMax));
    }

    /// <summary>Ends the reading of something nested deeper than allowed.</summary>
    public void CheckDepth(int depth)
    {
        if (depth > limits.DepthMax)
            throw new DocumentException(ExtractionFaults.TooLarge($"{limits.DepthMax} parts inside one another"));
    }

    /// <summary>Ends the reading at the page after the last allowed one.</summary>
    public void CheckPages(int pages, string what = "pages")
    {
        if (pages > limits.PagesMax)
            throw new DocumentException(ExtractionFaults.TooLarge($"{limits.PagesMax} {what}"));
    }

    /// <summary>The reader is at work again.</summary>
    public void Resume() => _startedAt = clock.GetTimestamp();

    /// <summary>The caller is at work; its time is not the reader's.</summary>
    public void Pause() => _spent += clock.GetElapsedTime(_startedAt);
}

/// <summary>Reads one family of formats.</summary>
internal interface IDocumentReader
{
    /// <summary>The blocks of a document in reading order, read as they are asked for.</summary>
    /// <param name="content">The file, seekable, at its beginning; stays open.</param>
    /// <exception cref="DocumentException">The file cannot be read further.</exception>
    IEnumerable<Block> Read(Stream content, ReadContext context);
}
