using CodexOS.Client.Http;

namespace CodexOS.Client.Contracts;

public sealed partial class CodexOSClient
{
    /// <summary>Every permission there is.</summary>
    public async Task<IReadOnlyList<PermissionEntry>> ListPermissionsAsync(CancellationToken cancellationToken) =>
        (await _transport.SendAsync(
            ApiCall.Get("api/v1/permissions"), WireJson.Default.PermissionPage, cancellationToken)).Items;

    /// <summary>All roles of the tenant, by name.</summary>
    public IAsyncEnumerable<Role> ListAllRolesAsync(CancellationToken cancellationToken) => PagesAsync(
        (cursor, token) => _transport.SendAsync(PageOf("api/v1/roles", cursor), WireJson.Default.RolePage, token),
        cancellationToken);

    /// <summary>One role.</summary>
    public Task<Role> GetRoleAsync(string name, CancellationToken cancellationToken) => _transport.SendAsync(
        ApiCall.Get($"api/v1/roles/{Query.Segment(name)}"), WireJson.Default.Role, cancellationToken);

    /// <summary>Makes a role.</summary>
    public Task<Role> CreateRoleAsync(CreateRole request, CancellationToken cancellationToken) => _transport.SendAsync(
        ApiCall.Post("api/v1/roles") with { Body = () => JsonBody.Of(request, WireJson.Default.CreateRole) },
        WireJson.Default.Role,
        cancellationToken);

    /// <summary>Changes a role.</summary>
    public Task<Role> UpdateRoleAsync(string name, UpdateRole request, CancellationToken cancellationToken) =>
        _transport.SendAsync(
            new ApiCall(HttpMethod.Patch, $"api/v1/roles/{Query.Segment(name)}")
            {
                Body = () => JsonBody.Of(request, WireJson.Default.UpdateRole),
            },
            WireJson.Default.Role,
            cancellationToken);

    /// <summary>Deletes a role that nobody has.</summary>
    public Task DeleteRoleAsync(string name, CancellationToken cancellationToken) => _transport.SendAsync(
        new ApiCall(HttpMethod.Delete, $"api/v1/roles/{Query.Segment(name)}"), cancellationToken);

    /// <summary>All that was granted on single things, newest first.</summary>
    /// <param name="subject">Only of this member or service account.</param>
    /// <param name="resource">Only on this thing, <c>kind:name</c>.</param>
    /// <param name="cancellationToken">Cancels the calls.</param>
    public IAsyncEnumerable<Grant> ListAllGrantsAsync(
        string? subject, string? resource, CancellationToken cancellationToken) => PagesAsync(
        (cursor, token) => _transport.SendAsync(
            ApiCall.Get(new Query("api/v1/grants").With("subject", subject).With("resource", resource)
                .With("limit", PageSize).With("cursor", cursor).ToString()),
            WireJson.Default.GrantPage,
            token),
        cancellationToken);

    /// <summary>Grants a permission on one thing; what is granted already is left as it is.</summary>
    public Task<Grant> CreateGrantAsync(CreateGrant request, CancellationToken cancellationToken) => _transport.SendAsync(
        ApiCall.Post("api/v1/grants") with
        {
            IsRepeatable = true,
            Body = () => JsonBody.Of(request, WireJson.Default.CreateGrant),
        },
        WireJson.Default.Grant,
        cancellationToken);

    /// <summary>Takes back what was granted.</summary>
    public Task DeleteGrantAsync(string id, CancellationToken cancellationToken) => _transport.SendAsync(
        new ApiCall(HttpMethod.Delete, $"api/v1/grants/{Query.Segment(id)}"), cancellationToken);

    /// <summary>Everybody who can do something.</summary>
    /// <param name="permission">What.</param>
    /// <param name="resource">With which one thing, <c>kind:name</c>; null for any.</param>
    /// <param name="cancellationToken">Cancels the calls.</param>
    public IAsyncEnumerable<AccessHolder> ListAllAccessAsync(
        string permission, string? resource, CancellationToken cancellationToken) => PagesAsync(
        (cursor, token) => _transport.SendAsync(
            ApiCall.Get(new Query("api/v1/access").With("permission", permission).With("resource", resource)
                .With("limit", PageSize).With("cursor", cursor).ToString()),
            WireJson.Default.AccessHolderPage,
            token),
        cancellationToken);

    /// <summary>Copies the access review into a stream.</summary>
    /// <param name="format"><c>json</c> or <c>csv</c>.</param>
    /// <param name="destination">Where the bytes go.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public Task ExportAccessReviewAsync(string format, Stream destination, CancellationToken cancellationToken) =>
        _transport.SendAsync(
            new ApiCall(HttpMethod.Get, new Query("api/v1/access/review").With("format", format).ToString())
            {
                Accept = "*/*",
            },
            async (response, token) =>
            {
                await response.Content.CopyToAsync(destination, token);
                return true;
            },
            cancellationToken);

    /// <summary>All API keys of an owner, newest first.</summary>
    /// <param name="owner">A user or service account by id, <c>all</c> for everybody's, null for one's own.</param>
    /// <param name="cancellationToken">Cancels the calls.</param>
    public IAsyncEnumerable<ApiKey> ListAllApiKeysAsync(string? owner, CancellationToken cancellationToken) => PagesAsync(
        (cursor, token) => _transport.SendAsync(
            ApiCall.Get(new Query("api/v1/api-keys").With("owner", owner).With("limit", PageSize).With("cursor", cursor)
                .ToString()),
            WireJson.Default.ApiKeyPage,
            token),
        cancellationToken);

    /// <summary>All API keys of a service account, newest first.</summary>
    public IAsyncEnumerable<ApiKey> ListAllServiceAccountKeysAsync(string account, CancellationToken cancellationToken) =>
        PagesAsync(
            (cursor, token) => _transport.SendAsync(
                PageOf($"api/v1/service-accounts/{Query.Segment(account)}/api-keys", cursor),
                WireJson.Default.ApiKeyPage,
                token),
            cancellationToken);

    /// <summary>Makes an API key: for a service account, or for the signed-in person if none is named.</summary>
    public Task<CreatedApiKey> CreateApiKeyAsync(
        CreateApiKey request, string? account, CancellationToken cancellationToken) => _transport.SendAsync(
        ApiCall.Post(account is null ? "api/v1/api-keys" : $"api/v1/service-accounts/{Query.Segment(account)}/api-keys") with
        {
            Body = () => JsonBody.Of(request, WireJson.Default.CreateApiKey),
        },
        WireJson.Default.CreatedApiKey,
        cancellationToken);

    /// <summary>Makes another API key in the place of one, with its name and scopes.</summary>
    /// <param name="id">The key to replace.</param>
    /// <param name="overlap">For how long it goes on beside the new one; a day if null.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public Task<CreatedApiKey> RotateApiKeyAsync(string id, TimeSpan? overlap, CancellationToken cancellationToken) =>
        _transport.SendAsync(
            ApiCall.Post($"api/v1/api-keys/{Query.Segment(id)}/rotate") with
            {
                Body = () => JsonBody.Of(
                    new RotateApiKeyBody((int?)overlap?.TotalSeconds), WireJson.Default.RotateApiKeyBody),
            },
            WireJson.Default.CreatedApiKey,
            cancellationToken);

    /// <summary>Revokes an API key.</summary>
    public Task RevokeApiKeyAsync(string id, CancellationToken cancellationToken) => _transport.SendAsync(
        new ApiCall(HttpMethod.Delete, $"api/v1/api-keys/{Query.Segment(id)}") { IsRepeatable = true }, cancellationToken);

    /// <summary>All service accounts, by name.</summary>
    public IAsyncEnumerable<ServiceAccount> ListAllServiceAccountsAsync(CancellationToken cancellationToken) => PagesAsync(
        (cursor, token) => _transport.SendAsync(
            PageOf("api/v1/service-accounts", cursor), WireJson.Default.ServiceAccountPage, token),
        cancellationToken);

    /// <summary>Makes a service account.</summary>
    public Task<ServiceAccount> CreateServiceAccountAsync(
        CreateServiceAccount request, CancellationToken cancellationToken) => _transport.SendAsync(
        ApiCall.Post("api/v1/service-accounts") with
        {
            Body = () => JsonBody.Of(request, WireJson.Default.CreateServiceAccount),
        },
        WireJson.Default.ServiceAccount,
        cancellationToken);

    /// <summary>Changes a service account, by name or id.</summary>
    public Task<ServiceAccount> UpdateServiceAccountAsync(
        string account, UpdateServiceAccount request, CancellationToken cancellationToken) => _transport.SendAsync(
        new ApiCall(HttpMethod.Patch, $"api/v1/service-accounts/{Query.Segment(account)}")
        {
            Body = () => JsonBody.Of(request, WireJson.Default.UpdateServiceAccount),
        },
        WireJson.Default.ServiceAccount,
        cancellationToken);

    /// <summary>Deletes a service account with its keys and grants.</summary>
    public Task DeleteServiceAccountAsync(string account, CancellationToken cancellationToken) => _transport.SendAsync(
        new ApiCall(HttpMethod.Delete, $"api/v1/service-accounts/{Query.Segment(account)}"), cancellationToken);

    private static ApiCall PageOf(string path, string? cursor) =>
        ApiCall.Get(new Query(path).With("limit", PageSize).With("cursor", cursor).ToString());
}
