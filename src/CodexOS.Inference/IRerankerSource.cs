using CodexOS.Inference.Rerankers;
using CodexOS.Platform.Faults;

namespace CodexOS.Inference;

/// <summary>A provider that has models which rank texts.</summary>
internal interface IRerankerSource
{
    /// <summary>Why the provider has none after all; null if it has.</summary>
    Fault? WhyNoRerankers { get; }

    /// <summary>Opens such a model. It belongs to the source and is not disposed by the caller.</summary>
    Result<IReranker> OpenReranker(string model);
}
