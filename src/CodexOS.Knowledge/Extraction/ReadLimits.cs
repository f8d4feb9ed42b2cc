namespace CodexOS.Knowledge.Extraction;

/// <summary>
/// How much of a file is read at most. A file beyond a limit ends with a fault that names the limit; what was read until
/// then is whole. The ranges are those that were tried.
/// </summary>
internal sealed record ReadLimits
{
    /// <summary>The limits that serve unless an installation sets others.</summary>
    public static ReadLimits Default { get; } = new();

    /// <summary>Most characters of text, from one thousand to one thousand million.</summary>
    public long CharactersMax { get; init => field = Within(value, 1_000, 1_000_000_000); } = 100_000_000;

    /// <summary>Most blocks, from one to ten million.</summary>
    public int BlocksMax { get; init => field = (int)Within(value, 1, 10_000_000); } = 1_000_000;

    /// <summary>Most pages, slides, sheets or chapters, from one to one hundred thousand.</summary>
    public int PagesMax { get; init => field = (int)Within(value, 1, 100_000); } = 5_000;

    /// <summary>Most files inside an archive (OOXML, ODF and EPUB are archives), from one to one million.</summary>
    public int ArchiveMembersMax { get; init => field = (int)Within(value, 1, 1_000_000); } = 20_000;

    /// <summary>Most unpacked bytes that are read out of one archive, from one thousand to 16 GiB.</summary>
    public long ArchiveSizeBytesMax { get; init => field = Within(value, 1_000, 16L << 30); } = 1L << 30;

    /// <summary>
    /// Most unpacked bytes for each packed byte of a member that is larger than a megabyte, from ten to one thousand.
    /// Sheets full of equal numbers come near one hundred; a bomb of zeros has one thousand.
    /// </summary>
    public int ArchiveRatioMax { get; init => field = (int)Within(value, 10, 1_000); } = 250;

    /// <summary>Most elements, groups or values inside one another, from eight to one thousand.</summary>
    public int DepthMax { get; init => field = (int)Within(value, 8, 1_000); } = 256;

    /// <summary>
    /// Most bytes of a file whose format has to be held in memory whole (e-mail), from one thousand to 1 GiB.
    /// </summary>
    public long WholeSizeBytesMax { get; init => field = Within(value, 1_000, 1L << 30); } = 64L << 20;

    /// <summary>Most time spent in reading, waits of the caller not counted, from 100 ms to one day.</summary>
    public TimeSpan TimeMax
    {
        get;
        init => field = TimeSpan.FromMilliseconds(Within((long)value.TotalMilliseconds, 100, 86_400_000));
    } = TimeSpan.FromMinutes(10);

    private static long Within(long value, long min, long max) => value >= min && value <= max
        ? value
        : throw new ArgumentOutOfRangeException(nameof(value), value, $"A limit of reading lies between {min} and {max}.");
}
