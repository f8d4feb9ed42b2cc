using System.Globalization;
using CodexOS.Client.Http;

namespace CodexOS.Client.Contracts;

public sealed partial class CodexOSClient
{
    /// <summary>One page of the audit log, newest first.</summary>
    /// <param name="filter">Which entries.</param>
    /// <param name="limit">How many at most, 1 to 100.</param>
    /// <param name="cursor">The cursor of the page before; null for the first.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public Task<Page<AuditRecord>> ListAuditAsync(
        AuditFilter filter, int? limit, string? cursor, CancellationToken cancellationToken) => _transport.SendAsync(
        ApiCall.Get(Filtered("api/v1/audit", filter).With("limit", limit).With("cursor", cursor).ToString()),
        WireJson.Default.AuditPage,
        cancellationToken);

    /// <summary>All entries that a filter leaves, page by page, newest first.</summary>
    public IAsyncEnumerable<AuditRecord> ListAllAuditAsync(AuditFilter filter, CancellationToken cancellationToken) =>
        PagesAsync((cursor, token) => ListAuditAsync(filter, PageSize, cursor, token), cancellationToken);

    /// <summary>The log as a whole.</summary>
    public Task<AuditLogState> GetAuditLogAsync(CancellationToken cancellationToken) =>
        _transport.SendAsync(ApiCall.Get("api/v1/audit/log"), WireJson.Default.AuditLogState, cancellationToken);

    /// <summary>Has the log held against itself and against all checkpoints there are copies of.</summary>
    /// <param name="checkpoints">Further copies, as signed notes.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public Task<AuditReport> VerifyAuditAsync(IReadOnlyList<string> checkpoints, CancellationToken cancellationToken) =>
        _transport.SendAsync(
            ApiCall.Post("api/v1/audit/verify") with
            {
                IsRepeatable = true,
                Timeout = _options.UploadTimeout,
                Body = () => JsonBody.Of(new VerifyAuditBody(checkpoints), WireJson.Default.VerifyAuditBody),
            },
            WireJson.Default.AuditReport,
            cancellationToken);

    /// <summary>Copies entries with their proofs into a stream, as lines of JSON.</summary>
    /// <param name="filter">Which entries.</param>
    /// <param name="destination">Where the bytes go.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public Task ExportAuditAsync(AuditFilter filter, Stream destination, CancellationToken cancellationToken) =>
        DownloadAsync(Filtered("api/v1/audit/export", filter).ToString(), destination, cancellationToken);

    private static Query Filtered(string path, AuditFilter filter)
    {
        ArgumentNullException.ThrowIfNull(filter);
        return new Query(path)
            .With("action", filter.Action).With("actor", filter.Actor).With("resource", filter.Resource)
            .With("outcome", filter.Outcome).With("from", Text(filter.From)).With("to", Text(filter.To));

        static string? Text(DateTimeOffset? at) => at?.ToUniversalTime().ToString("O", CultureInfo.InvariantCulture);
    }
}
