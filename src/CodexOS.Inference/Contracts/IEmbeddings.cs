using System.Collections.Immutable;
using CodexOS.Platform.Faults;

namespace CodexOS.Inference.Contracts;

/// <summary>Turns texts into vectors by a model of a provider.</summary>
public interface IEmbeddings
{
    /// <summary>Checks that a model may be asked for vectors, without asking it.</summary>
    Fault? Check(ModelName model);

    /// <summary>
    /// Loads a model that runs in the server, which takes seconds the first time; of others nothing is asked yet. Says why it
    /// cannot be loaded.
    /// </summary>
    Fault? Load(ModelName model);

    /// <summary>Gives the vectors of texts, each of length one.</summary>
    /// <param name="call">The model and the texts.</param>
    /// <param name="onDone">Told how many texts are done.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task<Result<EmbeddingReply>> EmbedAsync(EmbeddingCall call, Action<int> onDone, CancellationToken cancellationToken);
}

/// <summary>Texts whose vectors are wanted.</summary>
/// <param name="Model">Which model, <c>provider:model</c>.</param>
/// <param name="Texts">The texts.</param>
/// <param name="Purpose">What they are: many models want to be told.</param>
public sealed record EmbeddingCall(ModelName Model, ImmutableArray<string> Texts, EmbeddingPurpose Purpose);

/// <summary>What a text is whose vector is wanted.</summary>
public enum EmbeddingPurpose
{
    /// <summary>It is to be found.</summary>
    Passage,

    /// <summary>It asks.</summary>
    Query,
}

/// <summary>The vectors of texts.</summary>
/// <param name="Vectors">One for each text, in their order, of length one and all of one dimension.</param>
/// <param name="TokensCount">How many tokens were read; estimated where the endpoint does not say.</param>
/// <param name="CostMicroUsd">What it cost, in millionths of a US dollar; zero if the price is not known.</param>
public sealed record EmbeddingReply(ImmutableArray<float[]> Vectors, long TokensCount, long CostMicroUsd);
