using CodexOS.Client.Http;

namespace CodexOS.Client.Contracts;

public sealed partial class CodexOSClient
{
    private const string Evidence = "api/v1/evidence/bundles";

    /// <summary>Starts a run that packs what shows how the tenant was run in a period into one signed archive.</summary>
    /// <param name="from">The beginning of the period.</param>
    /// <param name="to">Its end, that instant excluded.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public Task<Run> CreateEvidenceAsync(DateTimeOffset from, DateTimeOffset to, CancellationToken cancellationToken) =>
        _transport.SendAsync(
            Once(Evidence) with
            {
                Body = () => JsonBody.Of(new CreateEvidenceBody(from, to), WireJson.Default.CreateEvidenceBody),
            },
            WireJson.Default.Run,
            cancellationToken);

    /// <summary>All bundles that can be downloaded, page by page, newest first.</summary>
    public IAsyncEnumerable<EvidenceBundle> ListAllEvidenceAsync(CancellationToken cancellationToken) => PagesAsync(
        (cursor, token) => _transport.SendAsync(
            ApiCall.Get(new Query(Evidence).With("limit", PageSize).With("cursor", cursor).ToString()),
            WireJson.Default.EvidencePage,
            token),
        cancellationToken);

    /// <summary>Copies a bundle into a stream.</summary>
    /// <param name="runId">The run that made it.</param>
    /// <param name="destination">Where the bytes go.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public Task DownloadEvidenceAsync(string runId, Stream destination, CancellationToken cancellationToken) =>
        DownloadAsync($"{Evidence}/{Query.Segment(runId)}/file", destination, cancellationToken);

    /// <summary>Deletes a bundle before it expires.</summary>
    public Task DeleteEvidenceAsync(string runId, CancellationToken cancellationToken) => _transport.SendAsync(
        new ApiCall(HttpMethod.Delete, $"{Evidence}/{Query.Segment(runId)}"), cancellationToken);
}
