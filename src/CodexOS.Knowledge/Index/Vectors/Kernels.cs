using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace CodexOS.Knowledge.Index.Vectors;

/// <summary>
/// The loops over numbers that searching and fitting spend their time in. They are compiled at once as well as they can be: code
/// that was compiled before cannot know the processor, and what is compiled quickly at first would be slow for seconds.
/// </summary>
internal static unsafe class Kernels
{
    private const int Step = 8;

    /// <summary>The scalar product of two vectors.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Dot(float* a, float* b, int length)
    {
        var (sum0, sum1) = (Vector256<float>.Zero, Vector256<float>.Zero);
        var (sum2, sum3) = (Vector256<float>.Zero, Vector256<float>.Zero);
        var i = 0;
        for (; i + (4 * Step) <= length; i += 4 * Step)
        {
            sum0 = Vector256.FusedMultiplyAdd(Vector256.Load(a + i), Vector256.Load(b + i), sum0);
            sum1 = Vector256.FusedMultiplyAdd(Vector256.Load(a + i + Step), Vector256.Load(b + i + Step), sum1);
            sum2 = Vector256.FusedMultiplyAdd(Vector256.Load(a + i + (2 * Step)), Vector256.Load(b + i + (2 * Step)), sum2);
            sum3 = Vector256.FusedMultiplyAdd(Vector256.Load(a + i + (3 * Step)), Vector256.Load(b + i + (3 * Step)), sum3);
        }

        for (; i + Step <= length; i += Step)
            sum0 = Vector256.FusedMultiplyAdd(Vector256.Load(a + i), Vector256.Load(b + i), sum0);
        var sum = Vector256.Sum(sum0 + sum1 + (sum2 + sum3));
        for (; i < length; i++) sum += a[i] * b[i];
        return sum;
    }

    /// <summary>The scalar product of two vectors of one length.</summary>
    public static float Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        fixed (float* first = a, second = b) return Dot(first, second, a.Length);
    }

    /// <summary>The scalar products of one vector with four that follow one another, which loads the one only once.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static Vector128<float> DotFour(float* a, float* b, int length)
    {
        var (sum0, sum1) = (Vector256<float>.Zero, Vector256<float>.Zero);
        var (sum2, sum3) = (Vector256<float>.Zero, Vector256<float>.Zero);
        var b1 = b + length;
        var b2 = b1 + length;
        var b3 = b2 + length;
        var i = 0;
        for (; i + Step <= length; i += Step)
        {
            var one = Vector256.Load(a + i);
            sum0 = Vector256.FusedMultiplyAdd(one, Vector256.Load(b + i), sum0);
            sum1 = Vector256.FusedMultiplyAdd(one, Vector256.Load(b1 + i), sum1);
            sum2 = Vector256.FusedMultiplyAdd(one, Vector256.Load(b2 + i), sum2);
            sum3 = Vector256.FusedMultiplyAdd(one, Vector256.Load(b3 + i), sum3);
        }

        var sums = Vector128.Create(Vector256.Sum(sum0), Vector256.Sum(sum1), Vector256.Sum(sum2), Vector256.Sum(sum3));
        for (; i < length; i++) sums += Vector128.Create(b[i], b1[i], b2[i], b3[i]) * a[i];
        return sums;
    }

    /// <summary>
    /// The scalar products of two vectors with four that follow one another: each number that is loaded is used twice or four
    /// times.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static (Vector128<float> First, Vector128<float> Second) DotFour(
        float* first, float* second, float* b, int length)
    {
        if (Vector512.IsHardwareAccelerated) return DotFourByWide(first, second, b, length);
        var b1 = b + length;
        var b2 = b1 + length;
        var b3 = b2 + length;
        var (sum0, sum1) = (Vector256<float>.Zero, Vector256<float>.Zero);
        var (sum2, sum3) = (Vector256<float>.Zero, Vector256<float>.Zero);
        var (sum4, sum5) = (Vector256<float>.Zero, Vector256<float>.Zero);
        var (sum6, sum7) = (Vector256<float>.Zero, Vector256<float>.Zero);
        var i = 0;
        for (; i + Step <= length; i += Step)
        {
            var (one, two) = (Vector256.Load(first + i), Vector256.Load(second + i));
            var other = Vector256.Load(b + i);
            sum0 = Vector256.FusedMultiplyAdd(one, other, sum0);
            sum4 = Vector256.FusedMultiplyAdd(two, other, sum4);
            other = Vector256.Load(b1 + i);
            sum1 = Vector256.FusedMultiplyAdd(one, other, sum1);
            sum5 = Vector256.FusedMultiplyAdd(two, other, sum5);
            other = Vector256.Load(b2 + i);
            sum2 = Vector256.FusedMultiplyAdd(one, other, sum2);
            sum6 = Vector256.FusedMultiplyAdd(two, other, sum6);
            other = Vector256.Load(b3 + i);
            sum3 = Vector256.FusedMultiplyAdd(one, other, sum3);
            sum7 = Vector256.FusedMultiplyAdd(two, other, sum7);
        }

        var ofFirst = Vector128.Create(Vector256.Sum(sum0), Vector256.Sum(sum1), Vector256.Sum(sum2), Vector256.Sum(sum3));
        var ofSecond = Vector128.Create(Vector256.Sum(sum4), Vector256.Sum(sum5), Vector256.Sum(sum6), Vector256.Sum(sum7));
        for (; i < length; i++)
        {
            var others = Vector128.Create(b[i], b1[i], b2[i], b3[i]);
            ofFirst += others * first[i];
            ofSecond += others * second[i];
        }

        return (ofFirst, ofSecond);
    }

    /// <summary>The same with registers of twice the width.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static (Vector128<float> First, Vector128<float> Second) DotFourByWide(
        float* first, float* second, float* b, int length)
    {
        const int WideStep = 16;
        var b1 = b + length;
        var b2 = b1 + length;
        var b3 = b2 + length;
        var (sum0, sum1) = (Vector512<float>.Zero, Vector512<float>.Zero);
        var (sum2, sum3) = (Vector512<float>.Zero, Vector512<float>.Zero);
        var (sum4, sum5) = (Vector512<float>.Zero, Vector512<float>.Zero);
        var (sum6, sum7) = (Vector512<float>.Zero, Vector512<float>.Zero);
        var i = 0;
        for (; i + WideStep <= length; i += WideStep)
        {
            var (one, two) = (Vector512.Load(first + i), Vector512.Load(second + i));
            var other = Vector512.Load(b + i);
            sum0 = Vector512.FusedMultiplyAdd(one, other, sum0);
            sum4 = Vector512.FusedMultiplyAdd(two, other, sum4);
            other = Vector512.Load(b1 + i);
            sum1 = Vector512.FusedMultiplyAdd(one, other, sum1);
            sum5 = Vector512.FusedMultiplyAdd(two, other, sum5);
            other = Vector512.Load(b2 + i);
            sum2 = Vector512.FusedMultiplyAdd(one, other, sum2);
            sum6 = Vector512.FusedMultiplyAdd(two, other, sum6);
            other = Vector512.Load(b3 + i);
            sum3 = Vector512.FusedMultiplyAdd(one, other, sum3);
            sum7 = Vector512.FusedMultiplyAdd(two, other, sum7);
        }

        return (
            Rest(first, Vector128.Create(Vector512.Sum(sum0), Vector512.Sum(sum1), Vector512.Sum(sum2), Vector512.Sum(sum3))),
            Rest(second, Vector128.Create(Vector512.Sum(sum4), Vector512.Sum(sum5), Vector512.Sum(sum6), Vector512.Sum(sum7))));

        Vector128<float> Rest(float* a, Vector128<float> sums)
        {
            for (var j = i; j < length; j++) sums += Vector128.Create(b[j], b1[j], b2[j], b3[j]) * a[j];
            return sums;
        }
    }

    /// <summary>Adds a multiple of one vector to another.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddScaled(ReadOnlySpan<float> added, float factor, Span<float> sum)
    {
        var scale = Vector256.Create(factor);
        fixed (float* from = added)
        fixed (float* to = sum)
        {
            var i = 0;
            for (; i + Step <= sum.Length; i += Step)
                Vector256.Store(Vector256.FusedMultiplyAdd(scale, Vector256.Load(from + i), Vector256.Load(to + i)), to + i);
            for (; i < sum.Length; i++) to[i] += factor * from[i];
        }
    }

    /// <summary>Makes a vector as long as one; one of zeros stays as it is.</summary>
    public static void Normalize(Span<float> vector)
    {
        var square = 0d;
        foreach (var value in vector) square += (double)value * value;
        if (square == 0) return;
        var factor = (float)(1 / Math.Sqrt(square));
        for (var i = 0; i < vector.Length; i++) vector[i] *= factor;
    }

    /// <summary>In how many bits two codes differ.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Distance(ulong* a, ulong* b, int words)
    {
        var distance = 0;
        var i = 0;
        for (; i + 4 <= words; i += 4)
        {
            distance += BitOperations.PopCount(a[i] ^ b[i]) + BitOperations.PopCount(a[i + 1] ^ b[i + 1])
                + BitOperations.PopCount(a[i + 2] ^ b[i + 2]) + BitOperations.PopCount(a[i + 3] ^ b[i + 3]);
        }

        for (; i < words; i++) distance += BitOperations.PopCount(a[i] ^ b[i]);
        return distance;
    }

    /// <summary>The scalar product of two vectors of small whole numbers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static int Dot(sbyte* a, sbyte* b, int length)
    {
        var sum = Vector256<int>.Zero;
        var i = 0;
        for (; i + 16 <= length; i += 16)
        {
            var (aLow, aHigh) = Vector128.Widen(Vector128.Load(a + i));
            var (bLow, bHigh) = Vector128.Widen(Vector128.Load(b + i));
            var (p0, p1) = Vector128.Widen(aLow * bLow);
            var (p2, p3) = Vector128.Widen(aHigh * bHigh);
            sum += Vector256.Create(p0 + p1, p2 + p3);
        }

        var total = Vector256.Sum(sum);
        for (; i < length; i++) total += a[i] * b[i];
        return total;
    }
}
