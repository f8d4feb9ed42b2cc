using System.Collections.Immutable;
using CodexOS.Platform.Faults;

namespace CodexOS.Inference.Contracts;

/// <summary>Has texts ranked by how well they answer a question, by a model that reads both together.</summary>
public interface IRerankers
{
    /// <summary>Checks that a model may be asked to rank texts, without asking it.</summary>
    Fault? Check(ModelName model);

    /// <summary>Ranks texts.</summary>
    Task<Result<RerankReply>> RankAsync(RerankCall call, CancellationToken cancellationToken);
}

/// <summary>Texts that are to be ranked.</summary>
/// <param name="Model">Which model, <c>provider:model</c>.</param>
/// <param name="Question">What is asked.</param>
/// <param name="Texts">The texts.</param>
public sealed record RerankCall(ModelName Model, string Question, ImmutableArray<string> Texts);

/// <summary>Ranked texts.</summary>
/// <param name="Ranked">Every text once, the best first.</param>
/// <param name="TokensCount">How many tokens were read; estimated where the endpoint does not say.</param>
/// <param name="CostMicroUsd">What it cost, in millionths of a US dollar; zero if the price is not known.</param>
public sealed record RerankReply(ImmutableArray<RankedText> Ranked, long TokensCount, long CostMicroUsd);

/// <summary>What a model thinks of a text.</summary>
/// <param name="Index">Which text, as they were given.</param>
/// <param name="Score">How well it answers; to be compared within one reply only.</param>
public sealed record RankedText(int Index, double Score);
