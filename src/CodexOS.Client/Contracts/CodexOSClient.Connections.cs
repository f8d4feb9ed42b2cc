using CodexOS.Client.Http;

namespace CodexOS.Client.Contracts;

public sealed partial class CodexOSClient
{
    /// <summary>One page of the connections, by name.</summary>
    /// <param name="limit">How many at most, 1 to 100.</param>
    /// <param name="cursor">The cursor of the page before; null for the first.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public Task<Page<Connection>> ListConnectionsAsync(int? limit, string? cursor, CancellationToken cancellationToken) =>
        _transport.SendAsync(
            ApiCall.Get(new Query("api/v1/connections").With("limit", limit).With("cursor", cursor).ToString()),
            WireJson.Default.ConnectionPage,
            cancellationToken);

    /// <summary>All connections, page by page, by name.</summary>
    public IAsyncEnumerable<Connection> ListAllConnectionsAsync(CancellationToken cancellationToken) =>
        PagesAsync((cursor, token) => ListConnectionsAsync(PageSize, cursor, token), cancellationToken);

    /// <summary>One connection.</summary>
    public Task<Connection> GetConnectionAsync(string name, CancellationToken cancellationToken) => _transport.SendAsync(
        ApiCall.Get($"api/v1/connections/{Query.Segment(name)}"), WireJson.Default.Connection, cancellationToken);

    /// <summary>Sets a connection up, and asks its source what it offers.</summary>
    public Task<Connection> CreateConnectionAsync(CreateConnection request, CancellationToken cancellationToken) =>
        CreateConnectionAsync(request, project: null, cancellationToken);

    /// <summary>Sets a connection up in a project.</summary>
    /// <param name="request">The connection.</param>
    /// <param name="project">The project; null for none.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public Task<Connection> CreateConnectionAsync(
        CreateConnection request, string? project, CancellationToken cancellationToken) =>
        _transport.SendAsync(
            ApiCall.Post(In("api/v1/connections", project)) with { Body = () => JsonBody.Of(request, WireJson.Default.CreateConnection) },
            WireJson.Default.Connection,
            cancellationToken);

    /// <summary>Asks a connection's source again what it offers.</summary>
    public Task<Connection> RefreshConnectionAsync(string name, CancellationToken cancellationToken) => _transport.SendAsync(
        ApiCall.Post($"api/v1/connections/{Query.Segment(name)}/refresh") with { IsRepeatable = true },
        WireJson.Default.Connection,
        cancellationToken);

    /// <summary>Removes a connection.</summary>
    public Task RemoveConnectionAsync(string name, CancellationToken cancellationToken) => _transport.SendAsync(
        new ApiCall(HttpMethod.Delete, $"api/v1/connections/{Query.Segment(name)}"), cancellationToken);

    /// <summary>One page of a connection's tools, by name.</summary>
    /// <param name="name">The connection.</param>
    /// <param name="limit">How many at most, 1 to 100.</param>
    /// <param name="cursor">The cursor of the page before; null for the first.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public Task<Page<ConnectionTool>> ListConnectionToolsAsync(
        string name, int? limit, string? cursor, CancellationToken cancellationToken) => _transport.SendAsync(
        ApiCall.Get(new Query($"api/v1/connections/{Query.Segment(name)}/tools").With("limit", limit).With("cursor", cursor).ToString()),
        WireJson.Default.ConnectionToolPage,
        cancellationToken);

    /// <summary>All tools of a connection, page by page, by name.</summary>
    public IAsyncEnumerable<ConnectionTool> ListAllConnectionToolsAsync(string name, CancellationToken cancellationToken) =>
        PagesAsync((cursor, token) => ListConnectionToolsAsync(name, PageSize, cursor, token), cancellationToken);
}
