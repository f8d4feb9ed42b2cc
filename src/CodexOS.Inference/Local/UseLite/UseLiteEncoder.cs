using System.Buffers;
using System.Numerics.Tensors;

namespace CodexOS.Inference.Local.UseLite;

/// <summary>
/// Makes the vector of a text of its tokens: the vectors of the pieces and where they stand → two layers, in which pieces look at
/// one another → their mean → one last step → length one. It holds nothing but weights, so any number of threads may use it.
/// </summary>
internal sealed class UseLiteEncoder(UseLiteTensors tensors)
{
    private const int Width = UseLiteTensors.Width;
    private const int HeadsCount = 4;
    private const float Epsilon = 1e-6f;

    /// <summary>The vector of a text; that of one without tokens has no direction and is all zero.</summary>
    public float[] Encode(ReadOnlySpan<int> tokens)
    {
        var vector = new float[Width];
        if (tokens.IsEmpty) return vector;
        var count = tokens.Length;
        // The state between layers, what is normal of it, what is added to it, the widest step, and how a piece looks at others.
        var size = (3 * count * Width) + (count * UseLiteTensors.InnerWidth) + count;
        var rented = ArrayPool<float>.Shared.Rent(size);
        try
        {
            var rest = rented.AsSpan(0, size);
            var state = Take(ref rest, count * Width);
            var scratch = new Scratch(
                Take(ref rest, count * Width), Take(ref rest, count * Width), Take(ref rest, count * UseLiteTensors.InnerWidth),
                rest);
            Place(tokens, state);
            Layer(tensors.First, tensors.Dense, state, scratch, count);
            Layer(tensors.Second, null, state, scratch, count);
            var mean = scratch.Normal[..Width];
            mean.Clear();
            for (var piece = 0; piece < count; piece++) TensorPrimitives.Add(mean, state.Slice(piece * Width, Width), mean);
            TensorPrimitives.Divide(mean, count, mean);
            tensors.Out.Apply(mean, vector, 1);
        }
        finally
        {
            ArrayPool<float>.Shared.Return(rented);
        }

        TensorPrimitives.Tanh<float>(vector, vector);
        TensorPrimitives.Divide(vector, TensorPrimitives.Norm<float>(vector), vector);
        return vector;
    }

    /// <summary>Twice the vectors of the pieces, with waves added that tell where they stand.</summary>
    private void Place(ReadOnlySpan<int> tokens, Span<float> state)
    {
        const int PieceWidth = UseLiteTensors.PieceWidth;
        Span<float> angles = stackalloc float[PieceWidth / 2];
        Span<float> waves = stackalloc float[PieceWidth];
        for (var i = 0; i < tokens.Length; i++)
        {
            TensorPrimitives.Multiply(tensors.Timing, i, angles);
            TensorPrimitives.Sin<float>(angles, waves);
            TensorPrimitives.Cos<float>(angles, waves[(PieceWidth / 2)..]);
            TensorPrimitives.MultiplyAdd(
                tensors.Pieces.AsSpan(tokens[i] * PieceWidth, PieceWidth), 2, waves, state.Slice(i * PieceWidth, PieceWidth));
        }
    }

    /// <summary>Pieces look at one another, then each is worked on by itself; both are added to what was there.</summary>
    private static void Layer(UseLiteLayer layer, UseLiteLinear? widen, Span<float> state, Scratch scratch, int count)
    {
        var width = layer.Width;
        var normal = scratch.Normal[..(count * width)];
        Normalize(state[..(count * width)], layer.NormScale, layer.NormBias, normal);
        layer.Attend.Apply(normal, scratch.Wide, count);
        Attend(scratch.Wide[..(count * 3 * width)], normal, scratch.Looks, count, width);
        layer.Join.Apply(normal, scratch.Sum, count);
        if (widen is null)
        {
            TensorPrimitives.Add(state, scratch.Sum, state);
        }
        else
        {
            widen.Apply(state[..(count * width)], scratch.Wide, count);
            TensorPrimitives.Add(scratch.Wide[..(count * Width)], scratch.Sum, state);
        }

        Normalize(state, layer.InnerScale, layer.InnerBias, scratch.Normal);
        layer.Widen.Apply(scratch.Normal, scratch.Wide, count);
        TensorPrimitives.Max(scratch.Wide, 0, scratch.Wide);
        layer.Narrow.Apply(scratch.Wide, scratch.Sum, count);
        TensorPrimitives.Add(state, scratch.Sum, state);
    }

    /// <summary>Each piece takes of the others' values by how well its query fits their keys, in each head by itself.</summary>
    private static void Attend(ReadOnlySpan<float> all, Span<float> taken, Span<float> looks, int count, int width)
    {
        var headWidth = width / HeadsCount;
        var scale = 1 / MathF.Sqrt(headWidth);
        taken.Clear();
        for (var head = 0; head < HeadsCount; head++)
        {
            var at = head * headWidth;
            for (var piece = 0; piece < count; piece++)
            {
                var query = all.Slice((piece * 3 * width) + at, headWidth);
                for (var other = 0; other < count; other++)
                    looks[other] = scale * TensorPrimitives.Dot(query, all.Slice((((other * 3) + 1) * width) + at, headWidth));
                TensorPrimitives.SoftMax<float>(looks, looks);
                var own = taken.Slice((piece * width) + at, headWidth);
                for (var other = 0; other < count; other++)
                    TensorPrimitives.MultiplyAdd(all.Slice((((other * 3) + 2) * width) + at, headWidth), looks[other], own, own);
            }
        }
    }

    private static void Normalize(ReadOnlySpan<float> input, float[] scale, float[] bias, Span<float> output)
    {
        var width = scale.Length;
        for (var at = 0; at < input.Length; at += width)
        {
            var row = output.Slice(at, width);
            var one = input.Slice(at, width);
            TensorPrimitives.Subtract(one, TensorPrimitives.Sum(one) / width, row);
            var variance = TensorPrimitives.SumOfSquares<float>(row) / width;
            TensorPrimitives.Multiply(row, 1 / MathF.Sqrt(variance + Epsilon), row);
            TensorPrimitives.MultiplyAdd(row, scale, bias, row);
        }
    }

    private static Span<float> Take(ref Span<float> rest, int length)
    {
        var taken = rest[..length];
        rest = rest[length..];
        return taken;
    }

    /// <summary>Room for what a layer works with.</summary>
    private readonly ref struct Scratch(Span<float> normal, Span<float> sum, Span<float> wide, Span<float> looks)
    {
        public Span<float> Normal { get; } = normal;

        public Span<float> Sum { get; } = sum;

        public Span<float> Wide { get; } = wide;

        public Span<float> Looks { get; } = looks;
    }
}
