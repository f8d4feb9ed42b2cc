using System.ComponentModel.DataAnnotations;
using CodexOS.Platform.Http;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Tenancy;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace CodexOS.Identity.Tenants;

/// <summary>Makes a tenant.</summary>
public sealed record CreateTenantRequest
{
    /// <summary>What it is to be called, 1 to 100 characters.</summary>
    [Required(ErrorMessage = "Give the tenant a name.")]
    [StringLength(100, ErrorMessage = "A tenant's name has at most 100 characters.")]
    public string Name { get; init; } = "";
}

/// <summary>The routes below <c>/api/v1/tenants</c>, for the owner of the installation.</summary>
internal static class TenantEndpoints
{
    public static void Map(IEndpointRouteBuilder api)
    {
        var tenants = api.MapGroup("/tenants").WithTags("Tenants");
        tenants.MapGet("", ListAsync).RequirePermission("tenants:read")
            .WithName("ListTenants").WithSummary("The tenants of the installation, oldest first")
            .ProducesProblem(400).ProducesProblem(401).ProducesProblem(403);
        tenants.MapPost("", CreateAsync).RequirePermission("tenants:write")
            .WithName("CreateTenant").WithSummary("Make a tenant, and the one-time link that makes its owner")
            .ProducesProblem(400).ProducesProblem(401).ProducesProblem(403).ProducesProblem(422);
        tenants.MapGet("/{tenant}", GetAsync).RequirePermission("tenants:read")
            .WithName("GetTenant").WithSummary("One tenant")
            .ProducesProblem(400).ProducesProblem(401).ProducesProblem(403).ProducesProblem(404);
        tenants.MapPost("/{tenant}/owner-link", LinkAsync).RequirePermission("tenants:write")
            .WithName("CreateOwnerLink").WithSummary("Make another one-time link for an owner; earlier ones end")
            .ProducesProblem(400).ProducesProblem(401).ProducesProblem(403).ProducesProblem(404);
        tenants.MapPost("/{tenant}/disable", DisableAsync).RequirePermission("tenants:write")
            .WithName("DisableTenant").WithSummary("Keep everybody out of a tenant; nothing in it is lost")
            .ProducesProblem(400).ProducesProblem(401).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);
        tenants.MapPost("/{tenant}/enable", EnableAsync).RequirePermission("tenants:write")
            .WithName("EnableTenant").WithSummary("Let people into a tenant again")
            .ProducesProblem(400).ProducesProblem(401).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);
    }

    private static async Task<Results<Ok<Page<TenantSummary>>, ProblemHttpResult>> ListAsync(
        int? limit, string? cursor, TenantDirectory directory, CancellationToken cancellationToken) =>
        PageRequest.Read(limit, cursor).TryGet(out var page, out var fault)
            ? (await directory.ListAsync(page, cancellationToken)).ToOk()
            : fault.Problem();

    private static async Task<Results<Created<TenantCreated>, ProblemHttpResult>> CreateAsync(
        CreateTenantRequest request, Caller caller, TenantDirectory directory, CancellationToken cancellationToken) =>
        (await directory.CreateAsync(request.Name, caller, cancellationToken))
            .ToCreated(static made => $"/api/v1/tenants/{made.Tenant.Id}");

    private static async Task<Results<Ok<TenantSummary>, ProblemHttpResult>> GetAsync(
        TenantId tenant, TenantDirectory directory, CancellationToken cancellationToken) =>
        (await directory.GetAsync(tenant, cancellationToken)).ToOk();

    private static async Task<Results<Ok<OwnerLink>, ProblemHttpResult>> LinkAsync(
        TenantId tenant, Caller caller, TenantDirectory directory, CancellationToken cancellationToken) =>
        (await directory.LinkAsync(tenant, caller, cancellationToken)).ToOk();

    private static Task<Results<Ok<TenantSummary>, ProblemHttpResult>> DisableAsync(
        TenantId tenant, Caller caller, TenantDirectory directory, CancellationToken cancellationToken) =>
        ChangeAsync(tenant, true, caller, directory, cancellationToken);

    private static Task<Results<Ok<TenantSummary>, ProblemHttpResult>> EnableAsync(
        TenantId tenant, Caller caller, TenantDirectory directory, CancellationToken cancellationToken) =>
        ChangeAsync(tenant, false, caller, directory, cancellationToken);

    private static async Task<Results<Ok<TenantSummary>, ProblemHttpResult>> ChangeAsync(
        TenantId tenant, bool disabled, Caller caller, TenantDirectory directory, CancellationToken cancellationToken) =>
        (await directory.DisableAsync(tenant, disabled, caller, cancellationToken)).ToOk();
}
