using CodexOS.Platform.Http;
using CodexOS.Runs.Cluster;
using CodexOS.Runs.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace CodexOS.Runs.Endpoints;

/// <summary>The nodes of the installation over HTTP.</summary>
internal static class ClusterEndpoints
{
    public static void MapCluster(this IEndpointRouteBuilder api) =>
        api.MapGet("/cluster/nodes", ListAsync).RequirePermission("system:read").WithTags("System")
            .WithName("ListClusterNodes")
            .WithSummary("Lists the nodes that work on this installation's database: roles, state, runs in their hands.")
            .ProducesProblem(401).ProducesProblem(403);

    private static async Task<Ok<ClusterNodeList>> ListAsync(
        Nodes nodes, ClusterView cluster, CancellationToken cancellationToken) =>
        TypedResults.Ok(new ClusterNodeList(await nodes.ListAsync(cluster.Leader, cancellationToken)));
}
