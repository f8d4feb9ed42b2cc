using CodexOS.Client.Http;

namespace CodexOS.Client.Contracts;

public sealed partial class CodexOSClient
{
    /// <summary>All sources of a knowledge base, page by page, by name.</summary>
    public IAsyncEnumerable<KnowledgeSource> ListAllSourcesAsync(string name, CancellationToken cancellationToken) => PagesAsync(
        (cursor, token) => _transport.SendAsync(
            ApiCall.Get(new Query(SourcesOf(name)).With("limit", PageSize).With("cursor", cursor).ToString()),
            WireJson.Default.KnowledgeSourcePage,
            token),
        cancellationToken);

    /// <summary>A source.</summary>
    public Task<KnowledgeSource> GetSourceAsync(string name, string source, CancellationToken cancellationToken) =>
        _transport.SendAsync(
            ApiCall.Get($"{SourcesOf(name)}/{Query.Segment(source)}"), WireJson.Default.KnowledgeSource, cancellationToken);

    /// <summary>Makes a source.</summary>
    public Task<KnowledgeSource> CreateSourceAsync(
        string name, string source, SourcePlace place, SourceSchedule? schedule, CancellationToken cancellationToken) =>
        _transport.SendAsync(
            ApiCall.Post(SourcesOf(name)) with
            {
                Body = () => JsonBody.Of(new CreateSourceBody(source, place, schedule), WireJson.Default.CreateSourceBody),
            },
            WireJson.Default.KnowledgeSource,
            cancellationToken);

    /// <summary>Changes where a source is, or when it is synchronised; null leaves either as it is.</summary>
    /// <param name="name">The base.</param>
    /// <param name="source">The source.</param>
    /// <param name="place">All of its place, of the same kind as before.</param>
    /// <param name="schedule">Its schedule; an empty one takes the schedule away.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task<KnowledgeSource> ChangeSourceAsync(
        string name, string source, SourcePlace? place, SourceSchedule? schedule, CancellationToken cancellationToken) =>
        _transport.SendAsync(
            new ApiCall(HttpMethod.Patch, $"{SourcesOf(name)}/{Query.Segment(source)}")
            {
                Body = () => JsonBody.Of(new ChangeSourceBody(place, schedule), WireJson.Default.ChangeSourceBody),
            },
            WireJson.Default.KnowledgeSource,
            cancellationToken);

    /// <summary>Lets the schedule of a source rest, or work again.</summary>
    public Task<KnowledgeSource> PauseSourceAsync(
        string name, string source, bool isPaused, CancellationToken cancellationToken) => _transport.SendAsync(
        new ApiCall(HttpMethod.Patch, $"{SourcesOf(name)}/{Query.Segment(source)}")
        {
            Body = () => JsonBody.Of(new PauseSourceBody(isPaused), WireJson.Default.PauseSourceBody),
        },
        WireJson.Default.KnowledgeSource,
        cancellationToken);

    /// <summary>Starts a run that brings the base in step with a source.</summary>
    public Task<Run> SyncSourceAsync(string name, string source, CancellationToken cancellationToken) => _transport.SendAsync(
        Once($"{SourcesOf(name)}/{Query.Segment(source)}/sync"), WireJson.Default.Run, cancellationToken);

    /// <summary>Deletes a source, with or without its documents.</summary>
    public Task DeleteSourceAsync(
        string name, string source, bool withDocuments, CancellationToken cancellationToken) => _transport.SendAsync(
        new ApiCall(
            HttpMethod.Delete,
            new Query($"{SourcesOf(name)}/{Query.Segment(source)}").With("documents", withDocuments ? "delete" : "keep").ToString()),
        cancellationToken);

    private static string SourcesOf(string name) => $"{Knowledge}/{Query.Segment(name)}/sources";
}
