using CodexOS.Client.Http;

namespace CodexOS.Client.Contracts;

public sealed partial class CodexOSClient
{
    /// <summary>One page of the tenants of the installation, oldest first; for its owner.</summary>
    /// <param name="limit">How many at most, 1 to 100.</param>
    /// <param name="cursor">The cursor of the page before; null for the first.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public Task<Page<Tenant>> ListTenantsAsync(int? limit, string? cursor, CancellationToken cancellationToken) =>
        _transport.SendAsync(
            ApiCall.Get(new Query("api/v1/tenants").With("limit", limit).With("cursor", cursor).ToString()),
            WireJson.Default.TenantPage,
            cancellationToken);

    /// <summary>All tenants, page by page, oldest first.</summary>
    public IAsyncEnumerable<Tenant> ListAllTenantsAsync(CancellationToken cancellationToken) =>
        PagesAsync((cursor, token) => ListTenantsAsync(PageSize, cursor, token), cancellationToken);

    /// <summary>Makes a tenant, and the link that makes its owner.</summary>
    public Task<CreatedTenant> CreateTenantAsync(string name, CancellationToken cancellationToken) => _transport.SendAsync(
        ApiCall.Post("api/v1/tenants") with
        {
            Body = () => JsonBody.Of(new CreateTenantBody(name), WireJson.Default.CreateTenantBody),
        },
        WireJson.Default.CreatedTenant,
        cancellationToken);

    /// <summary>Makes another link for a tenant's owner; those before it end.</summary>
    public Task<OwnerLink> CreateOwnerLinkAsync(string tenant, CancellationToken cancellationToken) => _transport.SendAsync(
        ApiCall.Post($"api/v1/tenants/{Query.Segment(tenant)}/owner-link"), WireJson.Default.OwnerLink, cancellationToken);

    /// <summary>Keeps everybody out of a tenant, or lets them in again.</summary>
    public Task<Tenant> DisableTenantAsync(string tenant, bool disabled, CancellationToken cancellationToken) =>
        _transport.SendAsync(
            ApiCall.Post($"api/v1/tenants/{Query.Segment(tenant)}/{(disabled ? "disable" : "enable")}") with
            {
                IsRepeatable = true,
            },
            WireJson.Default.Tenant,
            cancellationToken);

    /// <summary>The databases in which the work of tenants can lie, the home database first.</summary>
    public async Task<IReadOnlyList<Shard>> ListShardsAsync(CancellationToken cancellationToken) =>
        (await _transport.SendAsync(ApiCall.Get("api/v1/shards"), WireJson.Default.ShardPage, cancellationToken)).Items;

    /// <summary>Starts the run that moves a tenant's work to another database, while the tenant works.</summary>
    /// <param name="tenant">The tenant.</param>
    /// <param name="to">The name of a shard, or <c>home</c>.</param>
    /// <param name="cancellationToken">Cancels the call, not the move.</param>
    public Task<Run> MoveTenantAsync(string tenant, string to, CancellationToken cancellationToken) => _transport.SendAsync(
        Once($"api/v1/tenants/{Query.Segment(tenant)}/move") with
        {
            Body = () => JsonBody.Of(new MoveTenantBody(to), WireJson.Default.MoveTenantBody),
        },
        WireJson.Default.Run,
        cancellationToken);

    /// <summary>What a tenant may have, and how much of it there is; one's own tenant if none is named.</summary>
    public async Task<IReadOnlyList<Quota>> ListQuotasAsync(string? tenant, CancellationToken cancellationToken) =>
        (await _transport.SendAsync(
            ApiCall.Get(tenant is null ? "api/v1/quotas" : $"api/v1/tenants/{Query.Segment(tenant)}/quotas"),
            WireJson.Default.QuotaPage,
            cancellationToken)).Items;

    /// <summary>Sets what a tenant may have; null leaves it to the installation's options.</summary>
    public async Task<IReadOnlyList<Quota>> SetQuotaAsync(
        string tenant, string quota, long? value, CancellationToken cancellationToken) =>
        (await _transport.SendAsync(
            new ApiCall(HttpMethod.Put, $"api/v1/tenants/{Query.Segment(tenant)}/quotas/{Query.Segment(quota)}")
            {
                IsRepeatable = true,
                Body = () => JsonBody.Of(new SetQuotaBody(value), WireJson.Default.SetQuotaBody),
            },
            WireJson.Default.QuotaPage,
            cancellationToken)).Items;

    /// <summary>How the installation serves.</summary>
    public Task<ServiceMode> GetServiceModeAsync(CancellationToken cancellationToken) => _transport.SendAsync(
        ApiCall.Get("api/v1/service-mode"), WireJson.Default.ServiceMode, cancellationToken);

    /// <summary>Changes how the installation serves, on all its nodes.</summary>
    public Task<ServiceMode> ChangeServiceModeAsync(
        ServiceModeKind mode, string? reason, CancellationToken cancellationToken) => _transport.SendAsync(
            new ApiCall(HttpMethod.Put, "api/v1/service-mode")
            {
                IsRepeatable = true,
                Body = () => JsonBody.Of(new ServiceModeBody(mode, reason), WireJson.Default.ServiceModeBody),
            },
            WireJson.Default.ServiceMode,
            cancellationToken);
}
