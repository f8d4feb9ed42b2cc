using System.Security.Cryptography;
using CodexOS.Client.Http;

namespace CodexOS.Client.Contracts;

public sealed partial class CodexOSClient
{
    /// <summary>Says how many runs an operation would be done to, and which.</summary>
    public Task<BulkPreview> PreviewBulkAsync(
        BulkOperation operation, BulkFilter filter, CancellationToken cancellationToken) => _transport.SendAsync(
            ApiCall.Post("api/v1/runs/bulk") with
            {
                IsRepeatable = true,
                Body = () => JsonBody.Of(new BulkBody(operation, filter, null, null, true), WireJson.Default.BulkBody),
            },
            WireJson.Default.BulkPreview,
            cancellationToken);

    /// <summary>Starts a run that does the same to many others. Follow it as any run.</summary>
    /// <param name="operation">What.</param>
    /// <param name="filter">To which runs.</param>
    /// <param name="reason">Why; the journals keep it.</param>
    /// <param name="toVersion">With an upgrade: the version to go to, or null for the newest.</param>
    /// <param name="cancellationToken">Cancels the call, not a run that has begun.</param>
    public Task<Run> StartBulkAsync(
        BulkOperation operation, BulkFilter filter, string? reason, int? toVersion, CancellationToken cancellationToken)
    {
        var key = RandomNumberGenerator.GetHexString(32, lowercase: true);
        var call = ApiCall.Post("api/v1/runs/bulk") with
        {
            IsRepeatable = true,
            Headers = [new("Idempotency-Key", key)],
            Body = () => JsonBody.Of(new BulkBody(operation, filter, reason, toVersion, false), WireJson.Default.BulkBody),
        };
        return _transport.SendAsync(call, WireJson.Default.Run, cancellationToken);
    }
}
