using CodexOS.Identity.Access;
using CodexOS.Identity.Contracts;
using CodexOS.Identity.SingleSignOn.Domains;
using CodexOS.Identity.Tenants;
using CodexOS.Platform.Http;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Tenancy;
using CodexOS.Trust.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace CodexOS.Identity.SingleSignOn.Connections;

/// <summary>Connections and domains over HTTP, for those who set them up.</summary>
internal static class ConnectionEndpoints
{
    private const string Tag = "Single sign-on";
    private const int BodyBytesMax = 256 * 1024;

    public static void Map(IEndpointRouteBuilder api)
    {
        var connections = api.MapGroup("/sso/connections", Tag, BodyBytesMax);
        connections.MapGet("", ListAsync).RequirePermission("sso:read")
            .WithName("ListSsoConnections").WithSummary("The tenant's single sign-on connections with their domains, oldest first.")
            .Produces<Page<SsoConnection>>()
            .ProducesProblem(StatusCodes.Status400BadRequest);
        connections.MapGet("/{connection}", FindAsync).RequirePermission("sso:read")
            .WithName("GetSsoConnection").WithSummary("A single sign-on connection.")
            .Produces<SsoConnection>()
            .ProducesProblem(StatusCodes.Status404NotFound);
        connections.MapPost("", CreateAsync).RequireSessionWith("sso:write")
            .WithName("CreateSsoConnection").WithSummary("Makes a connection to an OpenID Connect provider.")
            .Produces<SsoConnection>(StatusCodes.Status201Created)
            .ProducesValidationProblem()
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status413PayloadTooLarge)
            .ProducesProblem(StatusCodes.Status422UnprocessableEntity);
        connections.MapPatch("/{connection}", UpdateAsync).RequireSessionWith("sso:write")
            .WithName("UpdateSsoConnection").WithSummary("Changes a connection; what is left out stays.")
            .Produces<SsoConnection>()
            .ProducesValidationProblem()
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status409Conflict)
            .ProducesProblem(StatusCodes.Status413PayloadTooLarge);
        connections.MapDelete("/{connection}", DeleteAsync).RequireSessionWith("sso:write")
            .WithName("DeleteSsoConnection")
            .WithSummary("Deletes a connection with its domains, and ends the sessions that came by it.")
            .Produces(StatusCodes.Status204NoContent)
            .ProducesProblem(StatusCodes.Status404NotFound);
        connections.MapPost("/{connection}/test", TestAsync).RequirePermission("sso:write")
            .WithName("TestSsoConnection").WithSummary("Tries a connection as far as that goes without a person.")
            .Produces<SsoConnectionTest>()
            .ProducesProblem(StatusCodes.Status404NotFound);

        var domains = api.MapGroup("/sso/domains", Tag, BodyBytesMax);
        domains.MapPost("", AddDomainAsync).RequireSessionWith("sso:write")
            .WithName("AddSsoDomain").WithSummary("Adds a domain to a connection; it leads nowhere until it is verified.")
            .Produces<SsoDomain>(StatusCodes.Status201Created)
            .ProducesValidationProblem()
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status409Conflict)
            .ProducesProblem(StatusCodes.Status422UnprocessableEntity);
        domains.MapPost("/{domain}/verify", VerifyDomainAsync).RequireSessionWith("sso:write")
            .WithName("VerifySsoDomain").WithSummary("Looks for the TXT record that shows that a domain is the tenant's.")
            .Produces<SsoDomain>()
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status409Conflict);
        domains.MapDelete("/{domain}", RemoveDomainAsync).RequireSessionWith("sso:write")
            .WithName("RemoveSsoDomain").WithSummary("Removes a domain; its addresses lead nowhere from then on.")
            .Produces(StatusCodes.Status204NoContent)
            .ProducesProblem(StatusCodes.Status404NotFound);

        api.MapGroup("/tenants/{tenant}/sso-domains", "Tenants", BodyBytesMax)
            .MapPost("/{domain}/confirm", ConfirmDomainAsync).RequireSessionWith("tenants:write")
            .WithName("ConfirmSsoDomain")
            .WithSummary("Confirms that a domain is a tenant's, for an installation without public DNS.")
            .Produces<SsoDomain>()
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status409Conflict);
    }

    private static async Task<IResult> ListAsync(
        ConnectionStore store, CancellationToken cancellationToken, int? limit = null, string? cursor = null)
    {
        if (!PageRequest.Read(limit, cursor).TryGet(out var page, out var fault)) return fault.Problem();
        if (!page.KeyAfter<SsoConnectionId>().TryGet(out var after, out fault)) return fault.Problem();

        var rows = await store.ListAsync(after, page.Limit + 1, cancellationToken);
        return TypedResults.Ok(page.PageOf(rows, static row => row.Id.ToString()));
    }

    private static async Task<IResult> FindAsync(
        string connection, ConnectionStore store, CancellationToken cancellationToken) =>
        !SsoConnectionId.TryParse(connection, null, out var id) ? ConnectionFaults.NotFound.Problem()
        : (await store.FindAsync(id, cancellationToken)).ToOk();

    private static async Task<IResult> CreateAsync(
        SetSsoConnectionRequest request, Actor actor, ConnectionStore store, CancellationToken cancellationToken) =>
        (await store.CreateAsync(request, actor, cancellationToken))
            .ToCreated(static made => $"/api/v1/sso/connections/{made.Id}");

    private static async Task<IResult> UpdateAsync(
        string connection, SetSsoConnectionRequest request, Actor actor, ConnectionStore store,
        CancellationToken cancellationToken) =>
        !SsoConnectionId.TryParse(connection, null, out var id) ? ConnectionFaults.NotFound.Problem()
        : (await store.UpdateAsync(id, request, actor, cancellationToken)).ToOk();

    private static async Task<IResult> DeleteAsync(
        string connection, Actor actor, ConnectionStore store, CancellationToken cancellationToken) =>
        !SsoConnectionId.TryParse(connection, null, out var id) ? ConnectionFaults.NotFound.Problem()
        : (await store.DeleteAsync(id, actor, cancellationToken)).ToNoContent();

    private static async Task<IResult> TestAsync(
        string connection, ConnectionTester tester, CancellationToken cancellationToken) =>
        !SsoConnectionId.TryParse(connection, null, out var id) ? ConnectionFaults.NotFound.Problem()
        : (await tester.TestAsync(id, cancellationToken)).ToOk();

    private static async Task<IResult> AddDomainAsync(
        AddSsoDomainRequest request, DomainStore store, CancellationToken cancellationToken) =>
        (await store.AddAsync(request, cancellationToken)).ToCreated(static made => $"/api/v1/sso/domains/{made.Domain}");

    private static async Task<IResult> VerifyDomainAsync(
        string domain, DomainStore store, CancellationToken cancellationToken) =>
        (await store.VerifyAsync(domain, cancellationToken)).ToOk();

    private static async Task<IResult> RemoveDomainAsync(
        string domain, DomainStore store, CancellationToken cancellationToken) =>
        (await store.RemoveAsync(domain, cancellationToken)).ToNoContent();

    private static async Task<IResult> ConfirmDomainAsync(
        TenantId tenant, string domain, DomainStore store, TenantDirectory directory, TenantContext tenants, IAuditLog audit,
        CancellationToken cancellationToken)
    {
        if (!(await directory.GetAsync(tenant, cancellationToken)).TryGet(out _, out var fault)) return fault.Problem();
        await audit.RecordAsync(
            AuditEntry.Done("sso_domains.confirm").On("tenant", tenant.ToString()).With("domain", domain), cancellationToken);
        using var entered = tenants.Enter(tenant);
        return (await store.ConfirmAsync(domain, cancellationToken)).ToOk();
    }
}
