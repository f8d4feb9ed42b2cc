using CodexOS.Platform.Faults;
using Microsoft.Extensions.AI;

namespace CodexOS.Inference.Local.UseLite;

/// <summary>
/// Universal Sentence Encoder lite, an embedding model for short English texts that runs in the server and asks nobody.
/// </summary>
internal sealed class UseLiteEmbedder(UseLiteTokenizer tokenizer, UseLiteEncoder encoder)
    : IEmbeddingGenerator<string, Embedding<float>>
{
    /// <summary>Loads the model from its file.</summary>
    public static Result<UseLiteEmbedder> Load(string path)
    {
        try
        {
            var (pieces, tensors) = UseLiteFile.Read(path);
            return new UseLiteEmbedder(new UseLiteTokenizer(pieces), new UseLiteEncoder(tensors));
        }
        catch (Exception unreadable) when (unreadable is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            return new Fault(
                "inference.bad_local_model", FaultKind.Unavailable,
                $"The model 'builtin:use-lite' cannot be used: {unreadable.Message}. Delete {path}; './run up' makes it anew.");
        }
    }

    /// <summary>The vector of a text.</summary>
    public float[] Encode(string text) => encoder.Encode(tokenizer.Encode(text));

    public Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(
        IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default) =>
        Task.Run(() => Generate([.. values], cancellationToken), cancellationToken);

    public object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceKey is null && serviceType.IsInstanceOfType(this) ? this : null;

    public void Dispose()
    {
    }

    private GeneratedEmbeddings<Embedding<float>> Generate(List<string> texts, CancellationToken cancellationToken)
    {
        var vectors = new Embedding<float>[texts.Count];
        var tokensCount = 0L;
        for (var i = 0; i < vectors.Length; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var tokens = tokenizer.Encode(texts[i]);
            tokensCount += tokens.Length;
            vectors[i] = new Embedding<float>(encoder.Encode(tokens));
        }

        return new GeneratedEmbeddings<Embedding<float>>(vectors)
        {
            Usage = new UsageDetails { InputTokenCount = tokensCount },
        };
    }
}
