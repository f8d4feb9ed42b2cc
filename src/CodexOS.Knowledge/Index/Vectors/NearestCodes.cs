using System.Runtime.InteropServices;

namespace CodexOS.Knowledge.Index.Vectors;

/// <summary>A passage of a segment whose code is near.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct NearCode(int View, int Passage);

/// <summary>
/// Keeps the passages with the smallest distances, of one segment or of several. Distances are small whole numbers, so instead
/// of sorting, what comes is put aside, and from time to time counted by distance and cut.
/// </summary>
internal sealed class NearestCodes
{
    private readonly int[] _counts;
    private readonly int[] _distances;
    private readonly NearCode[] _kept;
    private readonly int _countMax;
    private int _count;

    public NearestCodes(int countMax, int distanceMax)
    {
        _countMax = countMax;
        _counts = new int[distanceMax + 2];
        _distances = new int[(3 * countMax) + 64];
        _kept = new NearCode[_distances.Length];
        Limit = distanceMax + 1;
    }

    /// <summary>Only what is nearer than this can still be among the kept.</summary>
    public int Limit { get; private set; }

    public void Add(int distance, int view, int passage)
    {
        _distances[_count] = distance;
        _kept[_count++] = new NearCode(view, passage);
        if (_count == _distances.Length) Cut();
    }

    /// <summary>The kept passages, in no order.</summary>
    public ReadOnlySpan<NearCode> Kept()
    {
        if (_count > _countMax) Cut();
        return _kept.AsSpan(0, _count);
    }

    private void Cut()
    {
        Array.Clear(_counts);
        for (var i = 0; i < _count; i++) _counts[_distances[i]]++;
        var (limit, below) = (0, 0);
        while (below + _counts[limit] <= _countMax && limit < _counts.Length - 1) below += _counts[limit++];
        // At the limit itself there is room for some; they stay in the order in which they came.
        var atLimit = _countMax - below;
        var kept = 0;
        for (var i = 0; i < _count; i++)
        {
            if (_distances[i] > limit || (_distances[i] == limit && atLimit-- <= 0)) continue;
            (_distances[kept], _kept[kept]) = (_distances[i], _kept[i]);
            kept++;
        }

        _count = kept;
        Limit = Math.Min(Limit, limit);
    }
}
