using System.Numerics;
using System.Runtime.CompilerServices;

namespace CodexOS.Knowledge.Index.Storage;

/// <summary>Sets of passages of a segment, one bit each.</summary>
internal static class Bits
{
    /// <summary>An empty set for so many passages.</summary>
    public static ulong[] Empty(int count) => new ulong[(count + 63) >> 6];

    /// <summary>The set of all passages.</summary>
    public static ulong[] Full(int count)
    {
        var bits = Empty(count);
        Array.Fill(bits, ulong.MaxValue);
        if ((count & 63) != 0) bits[^1] = (1UL << (count & 63)) - 1;
        return bits;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Has(ulong[] bits, int index) => (bits[index >> 6] >> index & 1) != 0;

    public static void Set(ulong[] bits, int index) => bits[index >> 6] |= 1UL << index;

    public static void Clear(ulong[] bits, int index) => bits[index >> 6] &= ~(1UL << index);

    public static int Count(ulong[] bits)
    {
        var count = 0;
        foreach (var word in bits) count += BitOperations.PopCount(word);
        return count;
    }

    /// <summary>Keeps in the first set only what the second holds too.</summary>
    public static void And(ulong[] bits, ulong[] other)
    {
        for (var i = 0; i < bits.Length; i++) bits[i] &= other[i];
    }

    /// <summary>Takes out of the first set what the second holds.</summary>
    public static void AndNot(ulong[] bits, ulong[] other)
    {
        for (var i = 0; i < bits.Length; i++) bits[i] &= ~other[i];
    }

    /// <summary>Adds to the first set what the second holds.</summary>
    public static void Or(ulong[] bits, ulong[] other)
    {
        for (var i = 0; i < bits.Length; i++) bits[i] |= other[i];
    }

    /// <summary>Whether the set holds anything from one index up to before another; both on boundaries of 64.</summary>
    public static bool AnyBetween(ulong[] bits, int from, int to) =>
        bits.AsSpan()[(from >> 6)..Math.Min(bits.Length, (to + 63) >> 6)].IndexOfAnyExcept(0UL) >= 0;
}
