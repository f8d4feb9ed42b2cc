namespace CodexOS.Inference.Local.UseLite;

/// <summary>
/// The weights. Those of a linear step lie row by row of what comes out, so that each output is a scalar product of the input
/// with one row.
/// </summary>
internal sealed class UseLiteTensors
{
    /// <summary>How many numbers the vector of a text has.</summary>
    public const int Width = 512;

    /// <summary>How many numbers the vector of a piece has.</summary>
    public const int PieceWidth = 256;

    /// <summary>How wide a layer is between its two last steps.</summary>
    public const int InnerWidth = 1_536;

    /// <summary>How many pieces there are vectors of.</summary>
    public const int PiecesCount = 8_002;

    private const string Apply = "module_apply_default/Encoder_en/KonaTransformer/Encode/";
    private const string Stack = Apply + "TransformerStack/";
    private const string Module = "module/Encoder_en/";

    /// <summary>Every tensor there is, in the order of the file.</summary>
    public static IReadOnlyList<UseLiteShape> All { get; } =
    [
        new("pieces", "module/Embeddings_en", PiecesCount, PieceWidth, IsTurned: false),
        new("timing", Stack + "Layer_0/AddTimingSignal/TimingSignal/ExpandDims_1", 1, PieceWidth / 2, IsTurned: false),
        .. Layer(0, PieceWidth),
        new("0.dense", Apply + "Layer_0/TransformerLayer/dense/kernel/ConcatPartitions/concat", PieceWidth, Width, IsTurned: true),
        Vector("0.dense.bias", Apply + "Layer_0/TransformerLayer/dense/bias/ConcatPartitions/concat", Width),
        .. Layer(1, Width),
        new("out", Module + "hidden_layers/tanh_layer_0/weights", Width, Width, IsTurned: true),
        Vector("out.bias", Module + "hidden_layers/tanh_layer_0/bias", Width),
    ];

    /// <summary>Takes the tensors by their names.</summary>
    public UseLiteTensors(IReadOnlyDictionary<string, float[]> tensors)
    {
        Pieces = tensors["pieces"];
        Timing = tensors["timing"];
        First = new UseLiteLayer(tensors, 0, PieceWidth);
        Dense = new UseLiteLinear(tensors["0.dense"], tensors["0.dense.bias"], PieceWidth);
        Second = new UseLiteLayer(tensors, 1, Width);
        Out = new UseLiteLinear(tensors["out"], tensors["out.bias"], Width);
    }

    /// <summary>The vectors of the pieces.</summary>
    public float[] Pieces { get; }

    /// <summary>How fast the waves turn that tell where a piece stands.</summary>
    public float[] Timing { get; }

    /// <summary>The first layer, which takes the width of pieces to that of texts.</summary>
    public UseLiteLayer First { get; }

    /// <summary>What takes the input of the first layer to the width of its output.</summary>
    public UseLiteLinear Dense { get; }

    /// <summary>The second layer.</summary>
    public UseLiteLayer Second { get; }

    /// <summary>The last step.</summary>
    public UseLiteLinear Out { get; }

    private static IEnumerable<UseLiteShape> Layer(int number, int width)
    {
        var applied = $"{Apply}Layer_{number}/TransformerLayer/";
        var kernels = $"{Module}KonaTransformer/Encode/Layer_{number}/TransformerLayer/MultiheadAttention/";
        var folded = $"{Stack}Layer_{number}/TransformerLayer/FFN/";
        const string Norm = "layer_prepostprocess/layer_norm/layer_norm_";
        const string Bias = "/bias/ConcatPartitions/concat";
        yield return Vector($"{number}.norm.scale", $"{applied}{Norm}scale/ConcatPartitions/concat", width);
        yield return Vector($"{number}.norm.bias", $"{applied}{Norm}bias/ConcatPartitions/concat", width);
        yield return new($"{number}.qkv", kernels + "qkv_transform_single/kernel/part_0", width, 3 * width, IsTurned: true);
        yield return Vector($"{number}.qkv.bias", $"{applied}MultiheadAttention/qkv_transform_single{Bias}", 3 * width);
        yield return new($"{number}.join", kernels + "output_transform_single/kernel/part_0", width, Width, IsTurned: true);
        yield return Vector($"{number}.join.bias", $"{applied}MultiheadAttention/output_transform_single{Bias}", Width);
        yield return Vector($"{number}.inner.scale", $"{applied}FFN/{Norm}scale/ConcatPartitions/concat", Width);
        yield return Vector($"{number}.inner.bias", $"{applied}FFN/{Norm}bias/ConcatPartitions/concat", Width);
        yield return new($"{number}.wide", folded + "conv1/Tensordot/Reshape_1", Width, InnerWidth, IsTurned: true);
        yield return Vector($"{number}.wide.bias", $"{applied}FFN/conv1{Bias}", InnerWidth);
        yield return new($"{number}.narrow", folded + "conv2/Tensordot/Reshape_1", InnerWidth, Width, IsTurned: true);
        yield return Vector($"{number}.narrow.bias", $"{applied}FFN/conv2{Bias}", Width);
    }

    private static UseLiteShape Vector(string name, string source, int length) => new(name, source, 1, length, IsTurned: false);
}

/// <summary>A tensor: what it is called here and in the package, and its size there.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Source">Its name in the package.</param>
/// <param name="Rows">How many rows it has there.</param>
/// <param name="Columns">How many columns it has there.</param>
/// <param name="IsTurned">Whether rows and columns change places.</param>
internal sealed record UseLiteShape(string Name, string Source, int Rows, int Columns, bool IsTurned)
{
    public int Length => Rows * Columns;
}

/// <summary>The weights of one layer.</summary>
internal sealed class UseLiteLayer(IReadOnlyDictionary<string, float[]> tensors, int number, int width)
{
    public int Width { get; } = width;

    public float[] NormScale { get; } = tensors[$"{number}.norm.scale"];

    public float[] NormBias { get; } = tensors[$"{number}.norm.bias"];

    public UseLiteLinear Attend { get; } = Linear(tensors, $"{number}.qkv", width);

    public UseLiteLinear Join { get; } = Linear(tensors, $"{number}.join", width);

    public float[] InnerScale { get; } = tensors[$"{number}.inner.scale"];

    public float[] InnerBias { get; } = tensors[$"{number}.inner.bias"];

    public UseLiteLinear Widen { get; } = Linear(tensors, $"{number}.wide", UseLiteTensors.Width);

    public UseLiteLinear Narrow { get; } = Linear(tensors, $"{number}.narrow", UseLiteTensors.InnerWidth);

    private static UseLiteLinear Linear(IReadOnlyDictionary<string, float[]> tensors, string name, int width) =>
        new(tensors[name], tensors[name + ".bias"], width);
}
