using System.Collections.Concurrent;
using System.Collections.Immutable;
using CodexOS.Inference.Contracts;
using CodexOS.Knowledge.Contracts;
using CodexOS.Knowledge.Documents;
using CodexOS.Knowledge.Index.Embedding;
using CodexOS.Knowledge.Index.Queries;
using CodexOS.Knowledge.Search;
using CodexOS.Knowledge.Storage;
using CodexOS.Platform.Faults;
using Microsoft.Extensions.Options;

namespace CodexOS.Knowledge.Embeddings;

/// <summary>Has the vectors of passages and questions made by the model of a base.</summary>
internal sealed class ModelVectors(
    IEmbeddings embeddings, OutgoingText outgoing, IOptions<KnowledgeOptions> options, TimeProvider clock)
{
    private const int QueriesKeptMax = 2_000;
    private const string Probe = "How long is a vector?";

    private readonly ConcurrentDictionary<(KnowledgeBaseId Base, EmbedderKey Key, string Text), GivenVector> _queries = new();

    /// <summary>
    /// Asks a model for one vector, which shows that it can be asked, and how many numbers its vectors have.
    /// </summary>
    public async Task<Result<int>> DimensionOfAsync(string model, CancellationToken cancellationToken)
    {
        if (!ModelName.Parse(model).TryGet(out var name, out var fault)) return fault;
        if (embeddings.Check(name) is { } unfit) return unfit;
        var asked = await embeddings.EmbedAsync(
            new EmbeddingCall(name, [Probe], EmbeddingPurpose.Query), static _ => { }, cancellationToken);
        return asked.TryGet(out var reply, out fault) ? reply.Vectors[0].Length : fault;
    }

    /// <summary>The vectors of documents' passages, document by document, and what they took.</summary>
    public async Task<Result<EmbeddedTexts>> OfDocumentsAsync(
        EmbedderKey key, IReadOnlyList<(string? Title, StoredText Text)> documents, Action<int, int> onDone,
        CancellationToken cancellationToken)
    {
        if (!ModelName.Parse(key.ModelId).TryGet(out var model, out var fault)) return fault;
        ImmutableArray<string> texts =
        [
            .. documents.SelectMany(
                static document => document.Text.Passages.Select(
                    passage => PassageWords.Of(document.Title, passage.Headings, document.Text.TextOf(passage)))),
        ];
        // A passage with a secret in it is not sent. Its vector is of zeros, so it is found by its words alone.
        var made = Enumerable.Repeat(new float[key.Dimension], texts.Length).ToArray();
        int[] sent = [.. Enumerable.Range(0, texts.Length).Where(at => outgoing.SecretIn(texts[at]) is null)];
        var (tokens, cost) = (0L, 0L);
        if (sent.Length > 0)
        {
            var call = new EmbeddingCall(model, [.. sent.Select(at => texts[at])], EmbeddingPurpose.Passage);
            var asked = await embeddings.EmbedAsync(call, done => onDone(done, sent.Length), cancellationToken);
            if (!asked.TryGet(out var reply, out fault)) return fault;
            if (reply.Vectors[0].Length != key.Dimension)
                return EmbeddingFaults.ModelChanged(key.ModelId, reply.Vectors[0].Length, key.Dimension);
            foreach (var (at, vector) in sent.Zip(reply.Vectors)) made[at] = vector;
            (tokens, cost) = (reply.TokensCount, reply.CostMicroUsd);
        }

        var vectors = ImmutableArray.CreateBuilder<DocumentVectors>(documents.Count);
        var first = 0;
        foreach (var (_, text) in documents)
        {
            vectors.Add(DocumentVectors.Of(key, made.Skip(first).Take(text.Passages.Length)));
            first += text.Passages.Length;
        }

        return new EmbeddedTexts(vectors.ToImmutable(), tokens, cost);
    }

    /// <summary>
    /// The vector of a question; those asked last are kept at hand. A question with a secret in it is not sent:
    /// <c>tools.secret_blocked</c>.
    /// </summary>
    public async Task<Result<GivenVector>> OfQueryAsync(
        BaseRow place, EmbedderKey key, string text, CancellationToken cancellationToken)
    {
        var asked = (place.BaseId, key, QueryClauses.PlainTextOf(text));
        if (outgoing.SecretIn(asked.Item3) is { } secret) return secret;
        if (_queries.TryGetValue(asked, out var known)) return known;
        if (!ModelName.Parse(key.ModelId).TryGet(out var model, out var fault)) return fault;
        using var timer = new CancellationTokenSource(options.Value.QueryVectorTimeMax, clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellationToken);
        try
        {
            var call = new EmbeddingCall(model, [asked.Item3], EmbeddingPurpose.Query);
            if (!(await embeddings.EmbedAsync(call, static _ => { }, both.Token)).TryGet(out var reply, out fault)) return fault;
            if (reply.Vectors[0].Length != key.Dimension)
                return EmbeddingFaults.ModelChanged(key.ModelId, reply.Vectors[0].Length, key.Dimension);
            if (_queries.Count >= QueriesKeptMax) _queries.Clear();
            return _queries[asked] = new GivenVector(key, reply.Vectors[0]);
        }
        catch (OperationCanceledException) when (timer.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return EmbeddingFaults.TooSlow(key.ModelId, options.Value.QueryVectorTimeMax);
        }
    }
}

/// <summary>The vectors of documents, and what they took.</summary>
/// <param name="Documents">Those of each document, in order.</param>
/// <param name="TokensCount">How many tokens the model read.</param>
/// <param name="CostMicroUsd">What it cost, in millionths of a US dollar.</param>
internal sealed record EmbeddedTexts(ImmutableArray<DocumentVectors> Documents, long TokensCount, long CostMicroUsd);
