using System.ComponentModel.DataAnnotations;
using System.Globalization;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Http;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Quotas;
using CodexOS.Platform.Tenancy;
using CodexOS.Trust.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace CodexOS.Identity.Tenants;

/// <summary>Sets what a tenant may have.</summary>
public sealed record SetQuotaRequest
{
    /// <summary>How much it may have; null leaves it to the installation's options again.</summary>
    [Range(0, long.MaxValue, ErrorMessage = "A quota is 0 or more.")]
    public long? Value { get; init; }
}

/// <summary>What tenants may have, for the owner of the installation.</summary>
internal static class TenantQuotaEndpoints
{
    public static void Map(IEndpointRouteBuilder api)
    {
        var quotas = api.MapGroup("/tenants/{tenant}/quotas").WithTags("Tenants");
        quotas.MapGet("", ReadAsync).RequirePermission("tenants:read")
            .WithName("ListTenantQuotas").WithSummary("What a tenant may have, and how much of it there is")
            .ProducesProblem(400).ProducesProblem(401).ProducesProblem(403).ProducesProblem(404);
        quotas.MapPut("/{quota}", SetAsync).RequirePermission("quotas:write")
            .WithName("SetTenantQuota").WithSummary("Set what a tenant may have")
            .ProducesProblem(400).ProducesProblem(401).ProducesProblem(403).ProducesProblem(404);
    }

    private static async Task<Results<Ok<Page<QuotaState>>, ProblemHttpResult>> ReadAsync(
        TenantId tenant, TenantDirectory directory, TenantQuotas quotas, TenantContext tenants,
        CancellationToken cancellationToken)
    {
        if (!(await directory.GetAsync(tenant, cancellationToken)).TryGet(out _, out var fault)) return fault.Problem();
        using var entered = tenants.Enter(tenant);
        return TypedResults.Ok(new Page<QuotaState>(await quotas.ReadAsync(cancellationToken), null));
    }

    private static async Task<Results<Ok<Page<QuotaState>>, ProblemHttpResult>> SetAsync(
        TenantId tenant, string quota, SetQuotaRequest request, Caller caller, TenantDirectory directory, TenantQuotas quotas,
        TenantContext tenants, IAuditLog audit, CancellationToken cancellationToken)
    {
        if (!(await directory.GetAsync(tenant, cancellationToken)).TryGet(out _, out var fault)) return fault.Problem();
        if (!quotas.Has(quota))
        {
            return new Fault(
                "platform.no_such_quota", FaultKind.NotFound, "There is no such quota. GET /api/v1/quotas lists them.").Problem();
        }

        // Quotas are the platform's, which knows no log: what cannot be written down before is not done.
        await audit.RecordAsync(
            AuditEntry.Done("quotas.set").On("tenant", tenant.ToString()).With("quota", quota)
                .With("value", request.Value?.ToString(CultureInfo.InvariantCulture) ?? "default"),
            cancellationToken);
        using var entered = tenants.Enter(tenant);
        await quotas.SetAsync(quota, request.Value, caller.User, cancellationToken);
        return TypedResults.Ok(new Page<QuotaState>(await quotas.ReadAsync(cancellationToken), null));
    }
}
