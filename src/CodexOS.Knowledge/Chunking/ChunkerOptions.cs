namespace CodexOS.Knowledge.Chunking;

/// <summary>How large passages are.</summary>
internal sealed record ChunkerOptions
{
    /// <summary>The sizes that serve unless a knowledge base sets others.</summary>
    public static ChunkerOptions Default { get; } = new();

    /// <summary>A passage is filled up to about here, in tokens, from 32 to 4,000.</summary>
    public int TokensTarget { get; init => field = Within(value, 32, 4_000); } = 400;

    /// <summary>No passage is larger, in tokens, from 48 to 8,000; at least the target.</summary>
    public int TokensMax { get; init => field = Within(value, 48, 8_000); } = 512;

    /// <summary>
    /// A passage smaller than this, in tokens, from 0 to 1,000, takes the next section on board rather than stand alone.
    /// </summary>
    public int TokensMin { get; init => field = Within(value, 0, 1_000); } = 48;

    /// <summary>
    /// A passage that goes on in mid paragraph begins with up to so many tokens of whole sentences of the one before, from
    /// 0 to 200.
    /// </summary>
    public int TokensOverlapMax { get; init => field = Within(value, 0, 200); } = 40;

    /// <summary>Most characters of a heading that is kept with each passage under it, from 10 to 1,000.</summary>
    public int HeadingLengthMax { get; init => field = Within(value, 10, 1_000); } = 200;

    private static int Within(int value, int min, int max) => value >= min && value <= max
        ? value
        : throw new ArgumentOutOfRangeException(nameof(value), value, $"A size of passages lies between {min} and {max}.");
}
