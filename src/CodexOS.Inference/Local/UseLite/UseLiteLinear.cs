using System.Numerics;
using System.Runtime.InteropServices;

namespace CodexOS.Inference.Local.UseLite;

/// <summary>A linear step: a matrix and what is added.</summary>
/// <param name="rows">The matrix, a row for each number that comes out.</param>
/// <param name="bias">What is added.</param>
/// <param name="width">How many numbers go in.</param>
internal sealed class UseLiteLinear(float[] rows, float[] bias, int width)
{
    /// <summary>How many numbers come out.</summary>
    public int OutWidth => bias.Length;

    /// <summary>
    /// Takes all pieces of a text at once, so that the matrix passes the processor once a text: two of its rows with four pieces
    /// at a time, which are as many sums as stay in registers.
    /// </summary>
    public void Apply(ReadOnlySpan<float> input, Span<float> output, int count)
    {
        for (var row = 0; row < bias.Length; row += 2)
        {
            var first = Vectors(rows.AsSpan(row * width, width));
            var second = Vectors(rows.AsSpan((row + 1) * width, width));
            var piece = 0;
            for (; piece + 4 <= count; piece += 4)
                Four(first, second, input.Slice(piece * width, 4 * width), output[(piece * bias.Length)..], row);
            for (; piece < count; piece++)
                One(first, second, Vectors(input.Slice(piece * width, width)), output[(piece * bias.Length)..], row);
        }
    }

    private void Four(
        ReadOnlySpan<Vector<float>> first, ReadOnlySpan<Vector<float>> second, ReadOnlySpan<float> input, Span<float> output,
        int row)
    {
        var a = Vectors(input[..width])[..first.Length];
        var b = Vectors(input.Slice(width, width))[..first.Length];
        var c = Vectors(input.Slice(2 * width, width))[..first.Length];
        var d = Vectors(input.Slice(3 * width, width))[..first.Length];
        second = second[..first.Length];
        Vector<float> a0 = default, a1 = default, b0 = default, b1 = default;
        Vector<float> c0 = default, c1 = default, d0 = default, d1 = default;
        for (var i = 0; i < first.Length; i++)
        {
            var (one, two) = (first[i], second[i]);
            a0 = Vector.FusedMultiplyAdd(one, a[i], a0);
            a1 = Vector.FusedMultiplyAdd(two, a[i], a1);
            b0 = Vector.FusedMultiplyAdd(one, b[i], b0);
            b1 = Vector.FusedMultiplyAdd(two, b[i], b1);
            c0 = Vector.FusedMultiplyAdd(one, c[i], c0);
            c1 = Vector.FusedMultiplyAdd(two, c[i], c1);
            d0 = Vector.FusedMultiplyAdd(one, d[i], d0);
            d1 = Vector.FusedMultiplyAdd(two, d[i], d1);
        }

        Put(output, row, a0, a1);
        Put(output[bias.Length..], row, b0, b1);
        Put(output[(2 * bias.Length)..], row, c0, c1);
        Put(output[(3 * bias.Length)..], row, d0, d1);
    }

    private void One(
        ReadOnlySpan<Vector<float>> first, ReadOnlySpan<Vector<float>> second, ReadOnlySpan<Vector<float>> input,
        Span<float> output, int row)
    {
        Vector<float> sum0 = default, sum1 = default;
        for (var i = 0; i < input.Length; i++)
        {
            sum0 = Vector.FusedMultiplyAdd(first[i], input[i], sum0);
            sum1 = Vector.FusedMultiplyAdd(second[i], input[i], sum1);
        }

        Put(output, row, sum0, sum1);
    }

    private void Put(Span<float> output, int row, Vector<float> first, Vector<float> second)
    {
        output[row] = Vector.Sum(first) + bias[row];
        output[row + 1] = Vector.Sum(second) + bias[row + 1];
    }

    // Every width of the model is a multiple of what a register holds.
    private static ReadOnlySpan<Vector<float>> Vectors(ReadOnlySpan<float> numbers) =>
        MemoryMarshal.Cast<float, Vector<float>>(numbers);
}
