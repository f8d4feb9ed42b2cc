using CodexOS.Platform.Faults;
using Microsoft.Extensions.AI;

namespace CodexOS.Inference;

/// <summary>A provider that has models which turn texts into vectors.</summary>
internal interface IEmbedderSource
{
    /// <summary>Opens such a model. It belongs to the source and is not disposed by the caller.</summary>
    Result<IEmbeddingGenerator<string, Embedding<float>>> OpenEmbedder(string model);
}
