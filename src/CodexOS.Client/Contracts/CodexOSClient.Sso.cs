using CodexOS.Client.Http;

namespace CodexOS.Client.Contracts;

public sealed partial class CodexOSClient
{
    private const string SsoConnections = "api/v1/sso/connections";
    private const string SsoDomains = "api/v1/sso/domains";

    /// <summary>All single sign-on connections of the tenant, oldest first.</summary>
    public IAsyncEnumerable<SsoConnection> ListAllSsoConnectionsAsync(CancellationToken cancellationToken) => PagesAsync(
        (cursor, token) => _transport.SendAsync(PageOf(SsoConnections, cursor), WireJson.Default.SsoConnectionPage, token),
        cancellationToken);

    /// <summary>One of them.</summary>
    public Task<SsoConnection> GetSsoConnectionAsync(string id, CancellationToken cancellationToken) => _transport.SendAsync(
        ApiCall.Get($"{SsoConnections}/{Query.Segment(id)}"), WireJson.Default.SsoConnection, cancellationToken);

    /// <summary>Makes a connection to an OpenID Connect provider.</summary>
    public Task<SsoConnection> CreateSsoConnectionAsync(SsoSettings settings, CancellationToken cancellationToken) =>
        _transport.SendAsync(
            ApiCall.Post(SsoConnections) with { Body = () => JsonBody.Of(settings, WireJson.Default.SsoSettings) },
            WireJson.Default.SsoConnection,
            cancellationToken);

    /// <summary>Changes a connection.</summary>
    public Task<SsoConnection> UpdateSsoConnectionAsync(
        string id, SsoSettings settings, CancellationToken cancellationToken) => _transport.SendAsync(
        new ApiCall(HttpMethod.Patch, $"{SsoConnections}/{Query.Segment(id)}")
        {
            Body = () => JsonBody.Of(settings, WireJson.Default.SsoSettings),
        },
        WireJson.Default.SsoConnection,
        cancellationToken);

    /// <summary>Deletes a connection and ends the sessions that came by it.</summary>
    public Task DeleteSsoConnectionAsync(string id, CancellationToken cancellationToken) => _transport.SendAsync(
        new ApiCall(HttpMethod.Delete, $"{SsoConnections}/{Query.Segment(id)}"), cancellationToken);

    /// <summary>Tries a connection as far as that goes without a person.</summary>
    public Task<SsoTest> TestSsoConnectionAsync(string id, CancellationToken cancellationToken) => _transport.SendAsync(
        ApiCall.Post($"{SsoConnections}/{Query.Segment(id)}/test"), WireJson.Default.SsoTest, cancellationToken);

    /// <summary>Adds a domain to a connection.</summary>
    public Task<SsoDomain> AddSsoDomainAsync(string domain, string connection, CancellationToken cancellationToken) =>
        _transport.SendAsync(
            ApiCall.Post(SsoDomains) with
            {
                Body = () => JsonBody.Of(new AddSsoDomain(domain, connection), WireJson.Default.AddSsoDomain),
            },
            WireJson.Default.SsoDomain,
            cancellationToken);

    /// <summary>Looks for the TXT record that shows that a domain is the tenant's.</summary>
    public Task<SsoDomain> VerifySsoDomainAsync(string domain, CancellationToken cancellationToken) => _transport.SendAsync(
        ApiCall.Post($"{SsoDomains}/{Query.Segment(domain)}/verify"), WireJson.Default.SsoDomain, cancellationToken);

    /// <summary>Confirms that a domain is a tenant's, as the owner of the installation.</summary>
    public Task<SsoDomain> ConfirmSsoDomainAsync(string tenant, string domain, CancellationToken cancellationToken) =>
        _transport.SendAsync(
            ApiCall.Post($"api/v1/tenants/{Query.Segment(tenant)}/sso-domains/{Query.Segment(domain)}/confirm"),
            WireJson.Default.SsoDomain, cancellationToken);

    /// <summary>Removes a domain.</summary>
    public Task RemoveSsoDomainAsync(string domain, CancellationToken cancellationToken) => _transport.SendAsync(
        new ApiCall(HttpMethod.Delete, $"{SsoDomains}/{Query.Segment(domain)}"), cancellationToken);
}
