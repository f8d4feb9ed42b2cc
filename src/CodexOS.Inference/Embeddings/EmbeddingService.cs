using System.Collections.Immutable;
using System.Text;
using CodexOS.Inference.Contracts;
using CodexOS.Inference.Pipeline;
using CodexOS.Inference.Prices;
using CodexOS.Platform.Faults;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Options;

namespace CodexOS.Inference.Embeddings;

/// <summary>
/// Turns texts into vectors. The way of a call:
/// 1. open the model, and put before the texts what it wants to be told of their purpose;
/// 2. ask for some at a time, some requests side by side;
/// 3. check what came back: one vector for each text, of one dimension, of numbers; stretched to length one;
/// 4. price it.
/// </summary>
internal sealed class EmbeddingService(Models models, PriceTable prices, IOptions<InferenceOptions> options) : IEmbeddings
{
    private const int DimensionMax = 16_384;

    /// <inheritdoc />
    public Fault? Check(ModelName model) => models.CheckEmbedder(model);

    /// <inheritdoc />
    public Fault? Load(ModelName model) => models.OpenEmbedder(model).TryGet(out _, out var fault) ? null : fault;

    /// <inheritdoc />
    public async Task<Result<EmbeddingReply>> EmbedAsync(
        EmbeddingCall call, Action<int> onDone, CancellationToken cancellationToken)
    {
        // 1. Open.
        if (!models.OpenEmbedder(call.Model).TryGet(out var embedder, out var fault)) return fault;
        var own = OptionsOf(call.Model);
        var prefix = call.Purpose == EmbeddingPurpose.Query ? own.QueryPrefix : own.PassagePrefix;
        var limits = options.Value.Calls;
        var texts = call.Texts.Select(text => prefix + text).ToList();
        if (texts.FirstOrDefault(text => Encoding.UTF8.GetByteCount(text) > limits.RequestBytesMax) is not null)
            return TooLong(limits.RequestBytesMax);

        // 2. Ask.
        var vectors = new float[texts.Count][];
        var (tokens, done) = (0L, 0);
        try
        {
            await Parallel.ForEachAsync(
                Requests(texts, own.TextsPerRequestMax, limits.RequestBytesMax),
                new ParallelOptions { MaxDegreeOfParallelism = own.RequestsAtOnceMax, CancellationToken = cancellationToken },
                async (request, token) =>
                {
                    var some = texts.GetRange(request.Start, request.Count);
                    var given = new EmbeddingGenerationOptions { Dimensions = own.Dimensions };
                    var answer = await embedder.AskAsync(some, given, token);
                    if (answer.Count != some.Count) throw Wrong(call.Model, $"{answer.Count} vectors for {some.Count} texts");
                    for (var i = 0; i < answer.Count; i++) vectors[request.Start + i] = answer[i].Vector.ToArray();
                    Interlocked.Add(
                        ref tokens, answer.Usage?.InputTokenCount ?? some.Sum(static text => ChatSize.Tokens(text.Length)));
                    onDone(Interlocked.Add(ref done, some.Count));
                });
        }
        catch (ModelCallException failure)
        {
            return failure.Fault;
        }

        // 3. Check.
        if (Normalized(vectors) is { } wrong) return Wrong(call.Model, wrong).Fault;

        // 4. Price.
        var usage = new UsageDetails { InputTokenCount = tokens };
        var cost = PriceTable.CostMicroUsd(prices.Of(call.Model), usage);
        InferenceTelemetry.Spent(call.Model.Provider, call.Model.Model, cost);
        return new EmbeddingReply(ImmutableArray.Create(vectors), tokens, cost);
    }

    private EmbeddingOptions OptionsOf(ModelName model) =>
        options.Value.Embeddings.GetValueOrDefault(model.Provider)?.GetValueOrDefault(model.Model) ?? EmbeddingOptions.Default;

    /// <summary>As many texts to a request as its limits let in, and one at least.</summary>
    private static IEnumerable<(int Start, int Count)> Requests(List<string> texts, int textsMax, int bytesMax)
    {
        for (var start = 0; start < texts.Count;)
        {
            var (end, bytes) = (start, 0L);
            while (end < texts.Count && end - start < textsMax
                && ((bytes += Encoding.UTF8.GetByteCount(texts[end])) <= bytesMax || end == start)) end++;
            yield return (start, end - start);
            start = end;
        }
    }

    /// <summary>Stretches vectors to length one; says what is wrong with them if something is.</summary>
    private static string? Normalized(float[][] vectors)
    {
        foreach (var vector in vectors)
        {
            if (vector.Length is 0 or > DimensionMax) return $"a vector of {vector.Length} numbers";
            if (vector.Length != vectors[0].Length) return "vectors of different dimensions";
            var length = Math.Sqrt(vector.Sum(static number => (double)number * number));
            if (!double.IsFinite(length)) return "vectors that are not of numbers";
            for (var i = 0; length > 0 && i < vector.Length; i++) vector[i] = (float)(vector[i] / length);
        }

        return null;
    }

    private static ModelCallException Wrong(ModelName model, string what) => new(new Fault(
        "inference.bad_vectors", FaultKind.Upstream,
        $"The model '{model}' gave {what}. Check that it is an embedding model, and its endpoint's log."));

    private static Fault TooLong(int bytesMax) => new(
        "inference.request_too_large", FaultKind.TooLarge,
        $"A text is longer than {bytesMax} bytes. Cut it, or raise Inference:Calls:RequestBytesMax.");
}
