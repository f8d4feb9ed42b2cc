using CodexOS.Inference.Pipeline;
using Microsoft.Extensions.AI;

namespace CodexOS.Inference.Embeddings;

/// <summary>Calls of one embedder, by the rules of all calls.</summary>
internal sealed class EmbedderCalls(IEmbeddingGenerator<string, Embedding<float>> inner, GuardedCalls calls)
{
    /// <summary>Gives the vectors of some texts, as the endpoint gives them.</summary>
    public Task<GeneratedEmbeddings<Embedding<float>>> AskAsync(
        IReadOnlyList<string> texts, EmbeddingGenerationOptions options, CancellationToken cancellationToken) =>
        calls.AskAsync(
            token => inner.GenerateAsync(texts, options, token), static answer => answer.Usage?.InputTokenCount,
            cancellationToken);
}
