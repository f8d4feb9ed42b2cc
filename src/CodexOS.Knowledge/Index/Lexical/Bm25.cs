using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace CodexOS.Knowledge.Index.Lexical;

/// <summary>
/// The weight of a term in a passage by Okapi BM25 (Robertson and Zaragoza, 2009), with the inverse document frequency that
/// cannot become negative.
/// </summary>
[StructLayout(LayoutKind.Auto)]
internal readonly struct Bm25(double averageLength)
{
    public const float Saturation = 1.2f;
    public const float LengthShare = 0.75f;

    private readonly float _fixed = Saturation * (1 - LengthShare);
    private readonly float _perWord = averageLength > 0 ? (float)(Saturation * LengthShare / averageLength) : 0;

    /// <summary>How much a term tells that so many of all passages have.</summary>
    public static double Rarity(long passages, long withTerm) => Math.Log(1 + ((passages - withTerm + 0.5) / (withTerm + 0.5)));

    /// <summary>How much of a term's weight a passage gets.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float Share(float frequency, float length) =>
        frequency * (Saturation + 1) / (frequency + _fixed + (_perWord * length));

    /// <summary>The most that any passage of a block gets.</summary>
    public float Bound(in PostingBlock block)
    {
        var bound = Share(block.Frequency0, block.Length0);
        if (block.Frequency1 != 0) bound = Math.Max(bound, Share(block.Frequency1, block.Length1));
        if (block.Frequency2 != 0) bound = Math.Max(bound, Share(block.Frequency2, block.Length2));
        return bound;
    }
}
