using CodexOS.Client.Http;

namespace CodexOS.Client.Contracts;

public sealed partial class CodexOSClient
{
    /// <summary>The synonyms of a knowledge base.</summary>
    public Task<KnowledgeSynonyms> GetSynonymsAsync(string name, CancellationToken cancellationToken) => _transport.SendAsync(
        ApiCall.Get($"{Knowledge}/{Query.Segment(name)}/synonyms"), WireJson.Default.KnowledgeSynonyms, cancellationToken);

    /// <summary>Gives a knowledge base synonyms in place of those that it has.</summary>
    public Task<KnowledgeSynonyms> SetSynonymsAsync(
        string name, IReadOnlyList<string> rules, CancellationToken cancellationToken) => _transport.SendAsync(
        new ApiCall(HttpMethod.Put, $"{Knowledge}/{Query.Segment(name)}/synonyms")
        {
            IsRepeatable = true,
            Body = () => JsonBody.Of(new SetSynonymsBody(rules), WireJson.Default.SetSynonymsBody),
        },
        WireJson.Default.KnowledgeSynonyms, cancellationToken);

    /// <summary>What raises passages of a knowledge base in searches, or lowers them.</summary>
    public Task<KnowledgeBoosts> GetBoostsAsync(string name, CancellationToken cancellationToken) => _transport.SendAsync(
        ApiCall.Get($"{Knowledge}/{Query.Segment(name)}/boosts"), WireJson.Default.KnowledgeBoosts, cancellationToken);

    /// <summary>Gives a knowledge base boosts in place of those that it has.</summary>
    public Task<KnowledgeBoosts> SetBoostsAsync(
        string name, KnowledgeBoosts boosts, CancellationToken cancellationToken) => _transport.SendAsync(
        new ApiCall(HttpMethod.Put, $"{Knowledge}/{Query.Segment(name)}/boosts")
        {
            IsRepeatable = true,
            Body = () => JsonBody.Of(boosts, WireJson.Default.KnowledgeBoosts),
        },
        WireJson.Default.KnowledgeBoosts, cancellationToken);
}
