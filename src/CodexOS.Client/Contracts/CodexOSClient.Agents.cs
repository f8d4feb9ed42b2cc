using System.Net.Http.Headers;
using System.Text;
using CodexOS.Client.Http;

namespace CodexOS.Client.Contracts;

public sealed partial class CodexOSClient
{
    /// <summary>One page of the agents.</summary>
    /// <param name="limit">How many at most, 1 to 100.</param>
    /// <param name="cursor">The cursor of the page before; null for the first.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public Task<Page<AgentSummary>> ListAgentsAsync(int? limit, string? cursor, CancellationToken cancellationToken) =>
        _transport.SendAsync(
            ApiCall.Get(new Query("api/v1/agents").With("limit", limit).With("cursor", cursor).ToString()),
            WireJson.Default.AgentPage,
            cancellationToken);

    /// <summary>All agents, page by page.</summary>
    public IAsyncEnumerable<AgentSummary> ListAllAgentsAsync(CancellationToken cancellationToken) =>
        PagesAsync((cursor, token) => ListAgentsAsync(PageSize, cursor, token), cancellationToken);

    /// <summary>An agent by name or id.</summary>
    public Task<Agent> GetAgentAsync(string agent, CancellationToken cancellationToken) => _transport.SendAsync(
        ApiCall.Get($"api/v1/agents/{Query.Segment(agent)}"), WireJson.Default.Agent, cancellationToken);

    /// <summary>
    /// Makes the agent that a YAML definition describes, or its next version. A definition that is already the newest
    /// version changes nothing; see <see cref="AgentVersion.Changed"/>.
    /// </summary>
    public Task<AgentVersion> ApplyAgentAsync(string yaml, CancellationToken cancellationToken) =>
        ApplyAgentAsync(yaml, project: null, cancellationToken);

    /// <summary>Applies a definition, and puts an agent that is new into a project.</summary>
    /// <param name="yaml">The definition.</param>
    /// <param name="project">The project; null for none.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public Task<AgentVersion> ApplyAgentAsync(string yaml, string? project, CancellationToken cancellationToken)
    {
        var bytes = Encoding.UTF8.GetBytes(yaml);
        var call = new ApiCall(HttpMethod.Put, In("api/v1/agents", project))
        {
            IsRepeatable = true,
            Body = () => new ByteArrayContent(bytes)
            {
                Headers = { ContentType = new MediaTypeHeaderValue("application/yaml") },
            },
        };
        return _transport.SendAsync(call, WireJson.Default.AgentVersion, cancellationToken);
    }

    /// <summary>One page of an agent's versions, newest first.</summary>
    /// <param name="agent">The agent's name or id.</param>
    /// <param name="limit">How many at most, 1 to 100.</param>
    /// <param name="cursor">The cursor of the page before; null for the first.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public Task<Page<AgentVersion>> ListAgentVersionsAsync(
        string agent, int? limit, string? cursor, CancellationToken cancellationToken) =>
        _transport.SendAsync(
            ApiCall.Get(new Query($"api/v1/agents/{Query.Segment(agent)}/versions")
                .With("limit", limit)
                .With("cursor", cursor)
                .ToString()),
            WireJson.Default.AgentVersionPage,
            cancellationToken);

    /// <summary>All versions of an agent, page by page, newest first.</summary>
    public IAsyncEnumerable<AgentVersion> ListAllAgentVersionsAsync(
        string agent, CancellationToken cancellationToken) =>
        PagesAsync((cursor, token) => ListAgentVersionsAsync(agent, PageSize, cursor, token), cancellationToken);

    /// <summary>One version of an agent.</summary>
    public Task<AgentVersion> GetAgentVersionAsync(string agent, int version, CancellationToken cancellationToken) =>
        _transport.SendAsync(
            ApiCall.Get($"api/v1/agents/{Query.Segment(agent)}/versions/{version}"),
            WireJson.Default.AgentVersion,
            cancellationToken);

    /// <summary>Starts a run of an agent.</summary>
    /// <param name="agent">The agent's name or id.</param>
    /// <param name="request">The task, and what to use for it.</param>
    /// <param name="idempotencyKey">
    /// Names this start, so that repeating it gives the same run; made up, for the retries of this call, if null.
    /// </param>
    /// <param name="cancellationToken">Cancels the call, not a run that has begun.</param>
    public Task<Run> StartRunAsync(
        string agent, StartRunRequest request, string? idempotencyKey, CancellationToken cancellationToken)
    {
        var key = idempotencyKey ?? NewKey();
        var call = ApiCall.Post($"api/v1/agents/{Query.Segment(agent)}/runs") with
        {
            IsRepeatable = true,
            Headers = [new("Idempotency-Key", key)],
            Body = () => JsonBody.Of(request, WireJson.Default.StartRunRequest),
        };
        return _transport.SendAsync(call, WireJson.Default.Run, cancellationToken);
    }
}
