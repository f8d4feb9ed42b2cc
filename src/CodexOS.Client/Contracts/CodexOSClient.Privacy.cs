using System.Security.Cryptography;
using CodexOS.Client.Http;

namespace CodexOS.Client.Contracts;

public sealed partial class CodexOSClient
{
    private const string Privacy = "api/v1/privacy";

    /// <summary>Starts a run that packs all data of a person into one archive.</summary>
    public Task<Run> StartSubjectExportAsync(string subject, CancellationToken cancellationToken) => _transport.SendAsync(
        Once($"{Privacy}/exports") with
        {
            Body = () => JsonBody.Of(new StartSubjectExportBody(subject), WireJson.Default.StartSubjectExportBody),
        },
        WireJson.Default.Run,
        cancellationToken);

    /// <summary>Copies the archive that such a run made into a stream.</summary>
    /// <param name="runId">The run, which must be complete.</param>
    /// <param name="destination">Where the bytes go.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public Task DownloadSubjectExportAsync(string runId, Stream destination, CancellationToken cancellationToken) =>
        DownloadAsync($"{Privacy}/exports/{Query.Segment(runId)}/file", destination, cancellationToken);

    /// <summary>Starts a run that erases a person for good.</summary>
    /// <param name="subject">The person.</param>
    /// <param name="confirm">The person's address once more.</param>
    /// <param name="deleteRuns">Whether the runs that they started go too.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public Task<Run> StartErasureAsync(string subject, string confirm, bool deleteRuns, CancellationToken cancellationToken) =>
        _transport.SendAsync(
            Once($"{Privacy}/erasures") with
            {
                Body = () => JsonBody.Of(
                    new StartErasureBody(subject, confirm, deleteRuns), WireJson.Default.StartErasureBody),
            },
            WireJson.Default.Run,
            cancellationToken);

    /// <summary>An erasure that is done, with its receipt.</summary>
    public Task<Erasure> GetErasureAsync(string runId, CancellationToken cancellationToken) => _transport.SendAsync(
        ApiCall.Get($"{Privacy}/erasures/{Query.Segment(runId)}"), WireJson.Default.Erasure, cancellationToken);

    /// <summary>All erasures that are done, page by page, newest first.</summary>
    public IAsyncEnumerable<Erasure> ListAllErasuresAsync(CancellationToken cancellationToken) => PagesAsync(
        (cursor, token) => _transport.SendAsync(
            ApiCall.Get(new Query($"{Privacy}/erasures").With("limit", PageSize).With("cursor", cursor).ToString()),
            WireJson.Default.ErasurePage,
            token),
        cancellationToken);

    /// <summary>All legal holds, page by page, newest first.</summary>
    public IAsyncEnumerable<LegalHold> ListAllHoldsAsync(CancellationToken cancellationToken) => PagesAsync(
        (cursor, token) => _transport.SendAsync(
            ApiCall.Get(new Query($"{Privacy}/holds").With("limit", PageSize).With("cursor", cursor).ToString()),
            WireJson.Default.LegalHoldPage,
            token),
        cancellationToken);

    /// <summary>Keeps something from being erased or removed.</summary>
    /// <param name="kind">What it is on.</param>
    /// <param name="target">The id of the person or run; null for the whole tenant.</param>
    /// <param name="reason">Why.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public Task<LegalHold> PlaceHoldAsync(
        HoldKind kind, string? target, string reason, CancellationToken cancellationToken) => _transport.SendAsync(
        ApiCall.Post($"{Privacy}/holds") with
        {
            Body = () => JsonBody.Of(new PlaceHoldBody(kind, reason, target), WireJson.Default.PlaceHoldBody),
        },
        WireJson.Default.LegalHold,
        cancellationToken);

    /// <summary>Lifts a hold.</summary>
    public Task<LegalHold> LiftHoldAsync(string id, CancellationToken cancellationToken) => _transport.SendAsync(
        new ApiCall(HttpMethod.Delete, $"{Privacy}/holds/{Query.Segment(id)}"), WireJson.Default.LegalHold, cancellationToken);

    /// <summary>How long each kind of data is kept.</summary>
    public async Task<IReadOnlyList<RetentionState>> ListRetentionAsync(CancellationToken cancellationToken) =>
        (await _transport.SendAsync(
            ApiCall.Get($"{Privacy}/retention"), WireJson.Default.RetentionList, cancellationToken)).Items;

    /// <summary>Sets how long a kind of data is kept; null is what the server says again.</summary>
    public Task<RetentionState> SetRetentionAsync(string kind, int? days, CancellationToken cancellationToken) =>
        _transport.SendAsync(
            new ApiCall(HttpMethod.Put, $"{Privacy}/retention/{Query.Segment(kind)}")
            {
                IsRepeatable = true,
                Body = () => JsonBody.Of(new SetRetentionBody(days), WireJson.Default.SetRetentionBody),
            },
            WireJson.Default.RetentionState,
            cancellationToken);

    /// <summary>A post that starts one run however often it is sent.</summary>
    private static ApiCall Once(string path) => ApiCall.Post(path) with
    {
        IsRepeatable = true,
        Headers = [new("Idempotency-Key", RandomNumberGenerator.GetHexString(32, lowercase: true))],
    };
}
