using CodexOS.Inference.Pipeline;
using CodexOS.Platform.Faults;
using Microsoft.Extensions.AI;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using Microsoft.ML.Tokenizers;

namespace CodexOS.Inference.Local;

/// <summary>
/// A model of the BERT family in the format ONNX, run by ONNX Runtime: text → WordPiece tokens → a vector for each token → the
/// text's own.
/// </summary>
internal sealed class OnnxEmbedder : IEmbeddingGenerator<string, Embedding<float>>
{
    private const string Tokens = "input_ids";
    private const string Mask = "attention_mask";
    private const string Types = "token_type_ids";
    private const string Whole = "sentence_embedding";

    // Texts of a batch are as long as the longest of them, so few of about one length are done together.
    private const int BatchTextsMax = 16;

    private readonly string _name;
    private readonly LocalModelOptions _options;
    private readonly InferenceSession _session;
    private readonly BertTokenizer _tokenizer;
    private readonly string _output;

    private OnnxEmbedder(
        string name, LocalModelOptions options, InferenceSession session, BertTokenizer tokenizer, string output) =>
        (_name, _options, _session, _tokenizer, _output) = (name, options, session, tokenizer, output);

    /// <summary>Loads a model.</summary>
    public static Result<OnnxEmbedder> Load(string name, LocalModelOptions options)
    {
        string[] places = ["model.onnx", Path.Combine("onnx", "model.onnx")];
        var model = places.Select(place => Path.Combine(options.Directory!, place)).FirstOrDefault(File.Exists);
        var vocabulary = Path.Combine(options.Directory!, "vocab.txt");
        if (model is null) return Bad(name, "its folder has no model.onnx");
        if (!File.Exists(vocabulary)) return Bad(name, "its folder has no vocab.txt");
        InferenceSession? session = null;
        try
        {
            var tokenizer = BertTokenizer.Create(
                vocabulary, new BertOptions { LowerCaseBeforeTokenization = options.IsUncased });
            using var settings = new SessionOptions
            {
                IntraOpNumThreads = options.Threads,
                LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR,
            };
            session = new InferenceSession(model, settings);
            var output = session.OutputMetadata.ContainsKey(Whole) ? Whole : session.OutputNames[0];
            if (WhyNot(session, output) is not { } why) return new OnnxEmbedder(name, options, session, tokenizer, output);
            session.Dispose();
            return Bad(name, why);
        }
        catch (Exception unreadable) when (unreadable is OnnxRuntimeException or IOException or ArgumentException
            or InvalidOperationException or UnauthorizedAccessException)
        {
            session?.Dispose();
            return Bad(name, $"it cannot be read ({unreadable.Message.Split('\n')[0]})");
        }
    }

    public Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(
        IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default) =>
        Task.Run(() => Generate([.. values], cancellationToken), cancellationToken);

    public object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceKey is null && serviceType.IsInstanceOfType(this) ? this : null;

    public void Dispose() => _session.Dispose();

    private GeneratedEmbeddings<Embedding<float>> Generate(List<string> texts, CancellationToken cancellationToken)
    {
        var tokens = texts.ConvertAll(text => _tokenizer.EncodeToIds(
            text, _options.TokensMax, addSpecialTokens: true, out _, out _));
        var vectors = new Embedding<float>[texts.Count];
        foreach (var batch in Enumerable.Range(0, texts.Count).OrderBy(i => tokens[i].Count).Chunk(BatchTextsMax))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var made = Run(Array.ConvertAll(batch, i => tokens[i]), cancellationToken);
            for (var i = 0; i < batch.Length; i++) vectors[batch[i]] = new Embedding<float>(made[i]);
        }

        return new GeneratedEmbeddings<Embedding<float>>(vectors)
        {
            Usage = new UsageDetails { InputTokenCount = tokens.Sum(static one => (long)one.Count) },
        };
    }

    private float[][] Run(IReadOnlyList<int>[] texts, CancellationToken cancellationToken)
    {
        var length = Math.Max(1, texts.Max(static one => one.Count));
        var (ids, mask) = (new long[texts.Length * length], new long[texts.Length * length]);
        for (var text = 0; text < texts.Length; text++)
        {
            for (var at = 0; at < length; at++)
            {
                var isToken = at < texts[text].Count;
                ids[(text * length) + at] = isToken ? texts[text][at] : _tokenizer.PaddingTokenId;
                mask[(text * length) + at] = isToken ? 1 : 0;
            }
        }

        long[] shape = [texts.Length, length];
        using var run = new RunOptions();
        using var stop = cancellationToken.Register(() => run.Terminate = true);
        using var idsValue = OrtValue.CreateTensorValueFromMemory(ids, shape);
        using var maskValue = OrtValue.CreateTensorValueFromMemory(mask, shape);
        using var typesValue = OrtValue.CreateTensorValueFromMemory(new long[ids.Length], shape);
        var inputs = new Dictionary<string, OrtValue>(StringComparer.Ordinal);
        foreach (var input in _session.InputNames)
            inputs[input] = input switch { Tokens => idsValue, Mask => maskValue, _ => typesValue };
        try
        {
            using var outputs = _session.Run(run, inputs, [_output]);
            return Pool(outputs[0], texts);
        }
        catch (OnnxRuntimeException failure)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw new ModelCallException(Failed(failure.Message.Split('\n')[0]), failure);
        }
    }

    /// <summary>The vectors of texts: as the model gives them, or out of those of their tokens.</summary>
    private float[][] Pool(OrtValue output, IReadOnlyList<int>[] texts)
    {
        var shape = output.GetTensorTypeAndShape().Shape;
        var numbers = output.GetTensorDataAsSpan<float>();
        var dimension = (int)shape[^1];
        if (shape.Length is not (2 or 3) || shape[0] != texts.Length)
            throw new ModelCallException(Failed($"it gave an output of the shape {string.Join('×', shape)}"));
        var vectors = new float[texts.Length][];
        for (var text = 0; text < texts.Length; text++)
        {
            var rows = shape.Length == 2 ? 1 : (int)shape[1];
            var own = numbers.Slice(text * rows * dimension, rows * dimension);
            var isWhole = shape.Length == 2 || _options.Pooling == LocalPooling.First;
            var used = isWhole ? 1 : Math.Clamp(texts[text].Count, 1, rows);
            var vector = vectors[text] = new float[dimension];
            for (var row = 0; row < used; row++)
            {
                for (var i = 0; i < dimension; i++) vector[i] += own[(row * dimension) + i] / used;
            }
        }

        return vectors;
    }

    /// <summary>What makes a model one that cannot be run here; null if nothing does.</summary>
    private static string? WhyNot(InferenceSession session, string output)
    {
        var unknown = session.InputMetadata.Keys.Except([Tokens, Mask, Types], StringComparer.Ordinal).FirstOrDefault();
        if (unknown is not null) return $"it wants '{unknown}', which is not known here";
        if (session.InputMetadata.Values.Any(static input => input.ElementDataType is not TensorElementType.Int64))
            return "its inputs are not 64-bit integers";
        return session.OutputMetadata[output].ElementDataType is TensorElementType.Float
            ? null
            : "its output is not of 32-bit floats: take the model that is not made of halves";
    }

    private static Fault Bad(string name, string why) => new(
        "inference.bad_local_model", FaultKind.Unavailable,
        $"The local model '{name}' cannot be used: {why}. Look at the folder that Inference:Local:{name}:Directory names.");

    private Fault Failed(string why) => new(
        "inference.local_model_failed", FaultKind.Internal, $"The local model '{_name}' failed: {why}. Is it an embedding model?");
}
