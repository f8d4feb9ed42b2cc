using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace CodexOS.Knowledge.Index.Vectors;

/// <summary>
/// Writes a vector as one bit for each of its directions. Before the signs are taken the mean of all vectors is subtracted,
/// and the rest is turned by a fixed random rotation (Hadamard transforms between random signs), so that each bit tells
/// about equally much. Two codes differ in about as many bits as the angle between their vectors says.
/// </summary>
internal sealed class SignCode
{
    private const ulong Seed = 0x9E37_79B9_7F4A_7C15;
    private const int Rounds = 2;

    // Which of eight numbers are subtracted from their partner: every second one, pair, four.
    private static readonly Vector256<float> s_ones = Vector256.Create(1f, -1, 1, -1, 1, -1, 1, -1);
    private static readonly Vector256<float> s_twos = Vector256.Create(1f, 1, -1, -1, 1, 1, -1, -1);
    private static readonly Vector256<float> s_fours = Vector256.Create(1f, 1, 1, 1, -1, -1, -1, -1);

    private readonly float[] _mean;
    private readonly float[][] _signs;

    public SignCode(float[] mean)
    {
        _mean = mean;
        BitCount = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(64, mean.Length));
        var state = Seed;
        _signs = new float[Rounds][];
        for (var round = 0; round < Rounds; round++)
        {
            _signs[round] = new float[BitCount];
            for (var i = 0; i < BitCount; i++) _signs[round][i] = (SplitMix.Next(ref state) & 1) == 0 ? 1 : -1;
        }
    }

    public int BitCount { get; }

    public int WordCount => BitCount / 64;

    /// <summary>Writes the code of a vector.</summary>
    public void Write(ReadOnlySpan<float> vector, Span<ulong> code)
    {
        Span<float> turned = stackalloc float[BitCount];
        for (var i = 0; i < vector.Length; i++) turned[i] = vector[i] - _mean[i];
        turned[vector.Length..].Clear();
        foreach (var signs in _signs)
        {
            var sign = MemoryMarshal.Cast<float, Vector256<float>>(signs);
            var eights = MemoryMarshal.Cast<float, Vector256<float>>(turned);
            for (var i = 0; i < eights.Length; i++) eights[i] *= sign[i];
            Transform(eights);
        }

        var bits = MemoryMarshal.AsBytes(code);
        var last = MemoryMarshal.Cast<float, Vector256<float>>(turned);
        for (var i = 0; i < last.Length; i++)
            bits[i] = (byte)Vector256.GreaterThan(last[i], Vector256<float>.Zero).ExtractMostSignificantBits();
    }

    /// <summary>
    /// The Walsh-Hadamard transform, in place and not scaled, since only signs are taken: neighbours, then pairs, fours and so on
    /// are replaced by their sum and their difference.
    /// </summary>
    private static void Transform(Span<Vector256<float>> eights)
    {
        for (var i = 0; i < eights.Length; i++)
        {
            var eight = eights[i];
            eight = Vector256.Shuffle(eight, Vector256.Create(1, 0, 3, 2, 5, 4, 7, 6)) + (eight * s_ones);
            eight = Vector256.Shuffle(eight, Vector256.Create(2, 3, 0, 1, 6, 7, 4, 5)) + (eight * s_twos);
            eights[i] = Vector256.Shuffle(eight, Vector256.Create(4, 5, 6, 7, 0, 1, 2, 3)) + (eight * s_fours);
        }

        for (var half = 1; half < eights.Length; half *= 2)
        {
            for (var start = 0; start < eights.Length; start += 2 * half)
            {
                var low = eights.Slice(start, half);
                var high = eights.Slice(start + half, half);
                for (var i = 0; i < half; i++) (low[i], high[i]) = (low[i] + high[i], low[i] - high[i]);
            }
        }
    }
}

/// <summary>Random numbers that are the same on every machine for the same seed (SplitMix64 by Vigna).</summary>
internal static class SplitMix
{
    public static ulong Next(ref ulong state)
    {
        state += 0x9E37_79B9_7F4A_7C15;
        var mixed = state;
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58_476D_1CE4_E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D0_49BB_1331_11EB;
        return mixed ^ (mixed >> 31);
    }

    /// <summary>A number from zero up to before a maximum.</summary>
    public static int Below(ref ulong state, int max) => (int)(Next(ref state) % (ulong)max);

    /// <summary>A number from the normal distribution.</summary>
    public static float Normal(ref ulong state)
    {
        var first = ((Next(ref state) >> 11) + 1) * (1.0 / (1UL << 53));
        var second = (Next(ref state) >> 11) * (1.0 / (1UL << 53));
        return (float)(Math.Sqrt(-2 * Math.Log(first)) * Math.Cos(2 * Math.PI * second));
    }
}
