using System.Net.Http.Headers;
using System.Text;
using CodexOS.Client.Http;

namespace CodexOS.Client.Contracts;

public sealed partial class CodexOSClient
{
    /// <summary>The policy that holds for new runs, or one of its versions.</summary>
    /// <param name="version">The version; null for the newest.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public Task<PolicyVersion> GetPolicyAsync(int? version, CancellationToken cancellationToken) => _transport.SendAsync(
        ApiCall.Get(new Query("api/v1/policy").With("version", version).ToString()),
        WireJson.Default.PolicyVersion,
        cancellationToken);

    /// <summary>Applies a policy; one that means the same as the newest changes nothing.</summary>
    public Task<PolicyVersion> ApplyPolicyAsync(string yaml, CancellationToken cancellationToken)
    {
        var bytes = Encoding.UTF8.GetBytes(yaml);
        var call = new ApiCall(HttpMethod.Put, "api/v1/policy")
        {
            IsRepeatable = true,
            Body = () => new ByteArrayContent(bytes)
            {
                Headers = { ContentType = new MediaTypeHeaderValue("application/yaml") },
            },
        };
        return _transport.SendAsync(call, WireJson.Default.PolicyVersion, cancellationToken);
    }

    /// <summary>Says what a policy would do with calls. Nothing is performed.</summary>
    public Task<PolicyTestResult> TestPolicyAsync(PolicyTestRequest request, CancellationToken cancellationToken) =>
        _transport.SendAsync(
            ApiCall.Post("api/v1/policy/test") with
            {
                IsRepeatable = true,
                Body = () => JsonBody.Of(request, WireJson.Default.PolicyTestRequest),
            },
            WireJson.Default.PolicyTestResult,
            cancellationToken);

    /// <summary>One page of the approvals that were given in advance, newest first.</summary>
    /// <param name="limit">How many at most, 1 to 100.</param>
    /// <param name="cursor">The cursor of the page before; null for the first.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public Task<Page<StandingApproval>> ListStandingApprovalsAsync(
        int? limit, string? cursor, CancellationToken cancellationToken) => _transport.SendAsync(
        ApiCall.Get(new Query("api/v1/standing-approvals").With("limit", limit).With("cursor", cursor).ToString()),
        WireJson.Default.StandingApprovalPage,
        cancellationToken);

    /// <summary>All approvals that were given in advance, page by page, newest first.</summary>
    public IAsyncEnumerable<StandingApproval> ListAllStandingApprovalsAsync(CancellationToken cancellationToken) =>
        PagesAsync((cursor, token) => ListStandingApprovalsAsync(PageSize, cursor, token), cancellationToken);

    /// <summary>Approves calls of one agent and tool in advance.</summary>
    public Task<StandingApproval> GiveStandingApprovalAsync(
        StandingApprovalRequest request, CancellationToken cancellationToken) => _transport.SendAsync(
        ApiCall.Post("api/v1/standing-approvals") with
        {
            Body = () => JsonBody.Of(request, WireJson.Default.StandingApprovalRequest),
        },
        WireJson.Default.StandingApproval,
        cancellationToken);

    /// <summary>Revokes an approval that was given in advance.</summary>
    public Task<StandingApproval> RevokeStandingApprovalAsync(string id, CancellationToken cancellationToken) =>
        _transport.SendAsync(
            new ApiCall(HttpMethod.Delete, $"api/v1/standing-approvals/{Query.Segment(id)}") { IsRepeatable = true },
            WireJson.Default.StandingApproval,
            cancellationToken);
}
