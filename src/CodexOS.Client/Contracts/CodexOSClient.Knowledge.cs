using System.Globalization;
using CodexOS.Client.Http;

namespace CodexOS.Client.Contracts;

public sealed partial class CodexOSClient
{
    private const string Knowledge = "api/v1/knowledge";

    /// <summary>All knowledge bases, page by page, by name.</summary>
    public IAsyncEnumerable<KnowledgeBase> ListAllKnowledgeBasesAsync(CancellationToken cancellationToken) => PagesAsync(
        (cursor, token) => _transport.SendAsync(
            ApiCall.Get(new Query(Knowledge).With("limit", PageSize).With("cursor", cursor).ToString()),
            WireJson.Default.KnowledgeBasePage,
            token),
        cancellationToken);

    /// <summary>A knowledge base.</summary>
    public Task<KnowledgeBase> GetKnowledgeBaseAsync(string name, CancellationToken cancellationToken) => _transport.SendAsync(
        ApiCall.Get($"{Knowledge}/{Query.Segment(name)}"), WireJson.Default.KnowledgeBase, cancellationToken);

    /// <summary>Makes an empty knowledge base.</summary>
    public Task<KnowledgeBase> CreateKnowledgeBaseAsync(NewKnowledgeBase wanted, CancellationToken cancellationToken) =>
        CreateKnowledgeBaseAsync(wanted, project: null, cancellationToken);

    /// <summary>Makes an empty knowledge base in a project.</summary>
    /// <param name="wanted">The base.</param>
    /// <param name="project">The project; null for none.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public Task<KnowledgeBase> CreateKnowledgeBaseAsync(
        NewKnowledgeBase wanted, string? project, CancellationToken cancellationToken) =>
        _transport.SendAsync(
            ApiCall.Post(In(Knowledge, project)) with { Body = () => JsonBody.Of(wanted, WireJson.Default.NewKnowledgeBase) },
            WireJson.Default.KnowledgeBase,
            cancellationToken);

    /// <summary>Changes a knowledge base.</summary>
    /// <param name="name">Which.</param>
    /// <param name="description">What is in it; null leaves it as it is.</param>
    /// <param name="reranker">What ranks its passages once more; null leaves it as it is, <c>none</c> takes it away.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public Task<KnowledgeBase> ChangeKnowledgeBaseAsync(
        string name, string? description, string? reranker, CancellationToken cancellationToken) => _transport.SendAsync(
        new ApiCall(HttpMethod.Patch, $"{Knowledge}/{Query.Segment(name)}")
        {
            Body = () => JsonBody.Of(
                new ChangeKnowledgeBaseBody(description, reranker), WireJson.Default.ChangeKnowledgeBaseBody),
        },
        WireJson.Default.KnowledgeBase,
        cancellationToken);

    /// <summary>Deletes a knowledge base for good.</summary>
    public Task DeleteKnowledgeBaseAsync(string name, bool abandonVectors, CancellationToken cancellationToken) =>
        _transport.SendAsync(
            new ApiCall(
                HttpMethod.Delete,
                new Query($"{Knowledge}/{Query.Segment(name)}").With("confirm", name)
                    .With("abandonVectors", abandonVectors ? "true" : null).ToString()),
            cancellationToken);

    /// <summary>Adds a file as a document, or replaces the content of the one of this name.</summary>
    /// <param name="name">The knowledge base.</param>
    /// <param name="document">The document.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public Task<AddedDocument> AddDocumentAsync(string name, NewDocument document, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(document);
        var query = new Query($"{Knowledge}/{Query.Segment(name)}/documents").With("document", document.Name);
        foreach (var pair in document.Metadata) query = query.With("metadata", pair);
        foreach (var reader in document.Readers) query = query.With("reader", reader);
        query = query.With("at", document.At?.ToString("O", CultureInfo.InvariantCulture));
        // The same content under the same name changes nothing, so it may be sent again.
        var call = ApiCall.Post(query.ToString()) with
        {
            IsRepeatable = true,
            Timeout = _options.UploadTimeout,
            Headers = [new("Expect", "100-continue")],
            Body = () => BytesOf(document.Content, document.MediaType),
        };
        return _transport.SendAsync(call, WireJson.Default.AddedDocument, cancellationToken);
    }

    /// <summary>The file of a document, as it was added.</summary>
    public Task<byte[]> ReadDocumentFileAsync(string name, string id, CancellationToken cancellationToken) =>
        _transport.SendAsync(
            ApiCall.Get($"{Knowledge}/{Query.Segment(name)}/documents/{Query.Segment(id)}/file") with
            {
                Accept = "*/*",
                Timeout = _options.UploadTimeout,
            },
            static (response, token) => response.Content.ReadAsByteArrayAsync(token),
            cancellationToken);

    /// <summary>All documents of a knowledge base, page by page, oldest first.</summary>
    public IAsyncEnumerable<KnowledgeDocument> ListAllDocumentsAsync(
        string name, DocumentState? state, CancellationToken cancellationToken) => PagesAsync(
        (cursor, token) => _transport.SendAsync(
            ApiCall.Get(new Query($"{Knowledge}/{Query.Segment(name)}/documents").With("state", state?.ToString().ToLowerInvariant())
                .With("limit", PageSize).With("cursor", cursor).ToString()),
            WireJson.Default.KnowledgeDocumentPage,
            token),
        cancellationToken);

    /// <summary>Deletes a document.</summary>
    public Task DeleteDocumentAsync(string name, string id, CancellationToken cancellationToken) => _transport.SendAsync(
        new ApiCall(HttpMethod.Delete, $"{Knowledge}/{Query.Segment(name)}/documents/{Query.Segment(id)}"), cancellationToken);

    /// <summary>Has the next ingestion read a document once more.</summary>
    public Task<KnowledgeDocument> RetryDocumentAsync(string name, string id, CancellationToken cancellationToken) =>
        _transport.SendAsync(
            ApiCall.Post($"{Knowledge}/{Query.Segment(name)}/documents/{Query.Segment(id)}/retry"),
            WireJson.Default.KnowledgeDocument,
            cancellationToken);

    /// <summary>Starts a run that reads the documents that wait.</summary>
    public Task<Run> IngestAsync(string name, CancellationToken cancellationToken) => _transport.SendAsync(
        Once($"{Knowledge}/{Query.Segment(name)}/ingest"), WireJson.Default.Run, cancellationToken);

    /// <summary>Starts a run that moves the vectors to another store.</summary>
    public Task<Run> MoveKnowledgeBaseAsync(
        string name, string store, CancellationToken cancellationToken) => _transport.SendAsync(
        Once($"{Knowledge}/{Query.Segment(name)}/move") with
        {
            Body = () => JsonBody.Of(new MoveKnowledgeBody(store), WireJson.Default.MoveKnowledgeBody),
        },
        WireJson.Default.Run, cancellationToken);

    /// <summary>Starts a run that has the vectors made by another model.</summary>
    public Task<Run> EmbedKnowledgeBaseAsync(
        string name, string model, CancellationToken cancellationToken) => _transport.SendAsync(
        Once($"{Knowledge}/{Query.Segment(name)}/embed") with
        {
            Body = () => JsonBody.Of(new EmbedKnowledgeBody(model), WireJson.Default.EmbedKnowledgeBody),
        },
        WireJson.Default.Run, cancellationToken);

    /// <summary>Finds the passages that answer a question best.</summary>
    /// <param name="name">The knowledge base.</param>
    /// <param name="query">The question.</param>
    /// <param name="limit">How many passages at most.</param>
    /// <param name="metadata">Values of which a document must have one, for each key.</param>
    /// <param name="tuning">What of the base's tuning counts.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public Task<SearchAnswer> SearchKnowledgeAsync(
        string name, string query, int limit, IReadOnlyDictionary<string, IReadOnlyList<string>> metadata, TuningUse tuning,
        CancellationToken cancellationToken) => _transport.SendAsync(
        ApiCall.Post($"{Knowledge}/{Query.Segment(name)}/search") with
        {
            IsRepeatable = true,
            Body = () => JsonBody.Of(
                new SearchKnowledgeBody(query, limit, metadata, tuning.Synonyms, tuning.Boosts),
                WireJson.Default.SearchKnowledgeBody),
        },
        WireJson.Default.SearchAnswer,
        cancellationToken);

    /// <summary>Answers a question in the documents' own words.</summary>
    /// <param name="name">The knowledge base.</param>
    /// <param name="question">The question.</param>
    /// <param name="metadata">Values of which a document must have one, for each key.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public Task<KnowledgeAnswer> AskKnowledgeAsync(
        string name, string question, IReadOnlyDictionary<string, IReadOnlyList<string>> metadata,
        CancellationToken cancellationToken) => _transport.SendAsync(
        ApiCall.Post($"{Knowledge}/{Query.Segment(name)}/ask") with
        {
            IsRepeatable = true,
            Body = () => JsonBody.Of(new AskKnowledgeBody(question, metadata), WireJson.Default.AskKnowledgeBody),
        },
        WireJson.Default.KnowledgeAnswer,
        cancellationToken);

    /// <summary>Starts a run that has a model answer a question; its state shows the answer with its citations.</summary>
    /// <param name="name">The knowledge base.</param>
    /// <param name="question">The question.</param>
    /// <param name="model">The model, <c>provider:model</c>.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public Task<Run> WriteAnswerAsync(
        string name, string question, string model, CancellationToken cancellationToken) => _transport.SendAsync(
        Once($"{Knowledge}/{Query.Segment(name)}/answers") with
        {
            Body = () => JsonBody.Of(new WriteAnswerBody(question, model), WireJson.Default.WriteAnswerBody),
        },
        WireJson.Default.Run,
        cancellationToken);

    /// <summary>Asks a knowledge base for sentences of its own documents, and tells how well it finds them.</summary>
    public Task<KnowledgeHealth> TestKnowledgeAsync(string name, CancellationToken cancellationToken) => _transport.SendAsync(
        ApiCall.Post($"{Knowledge}/{Query.Segment(name)}/test") with { IsRepeatable = true },
        WireJson.Default.KnowledgeHealth,
        cancellationToken);

    /// <summary>Asks a knowledge base questions whose answers are known, and measures how well it finds them.</summary>
    /// <param name="name">The knowledge base.</param>
    /// <param name="questions">Up to 200 questions.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public Task<KnowledgeEvaluation> EvaluateKnowledgeAsync(
        string name, IReadOnlyList<JudgedQuestion> questions, TuningUse tuning,
        CancellationToken cancellationToken) => _transport.SendAsync(
        ApiCall.Post($"{Knowledge}/{Query.Segment(name)}/evaluate") with
        {
            IsRepeatable = true,
            Body = () => JsonBody.Of(
                new EvaluateKnowledgeBody(questions, tuning.Synonyms, tuning.Boosts), WireJson.Default.EvaluateKnowledgeBody),
        },
        WireJson.Default.KnowledgeEvaluation,
        cancellationToken);
}
