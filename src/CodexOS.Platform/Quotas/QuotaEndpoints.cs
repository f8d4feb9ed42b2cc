using CodexOS.Platform.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace CodexOS.Platform.Quotas;

/// <summary>What the caller's tenant may have, over HTTP.</summary>
internal static class QuotaEndpoints
{
    public static void Map(IEndpointRouteBuilder api) => api.MapGet("/quotas", ReadAsync).RequirePermission("quotas:read")
        .WithTags("Tenants").WithName("ListQuotas")
        .WithSummary("What your tenant may have, and how much of it there is")
        .ProducesProblem(401).ProducesProblem(403);

    private static async Task<Ok<Page<QuotaState>>> ReadAsync(TenantQuotas quotas, CancellationToken cancellationToken) =>
        TypedResults.Ok(new Page<QuotaState>(await quotas.ReadAsync(cancellationToken), null));
}
