using System.Globalization;
using CodexOS.Agents.Definitions;
using CodexOS.Platform.Http;
using CodexOS.Platform.Tenancy;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;

namespace CodexOS.Agents.Policies;

/// <summary>The tenant's policy over HTTP: look, apply, try.</summary>
internal static class PolicyEndpoints
{
    private const int TestSizeBytesMax = 4 * 1024 * 1024;

    public static void Map(IEndpointRouteBuilder api)
    {
        var policy = api.MapGroup("/policy").WithTags("Policy")
            .ProducesProblem(StatusCodes.Status401Unauthorized)
            .ProducesProblem(StatusCodes.Status403Forbidden);
        policy.MapGet("", GetAsync).RequirePermission("policy:read")
            .WithName("GetPolicy").WithSummary("The policy that holds for new runs, or one of its versions.")
            .Produces<PolicyVersion>()
            .ProducesProblem(StatusCodes.Status404NotFound);
        policy.MapPut("", ApplyAsync).RequirePermission("policy:write")
            .WithName("ApplyPolicy").WithSummary("Applies a policy: makes a new version, or finds it unchanged.")
            .Accepts<string>("application/yaml", "text/yaml", "application/json")
            .Produces<PolicyVersion>().Produces<PolicyVersion>(StatusCodes.Status201Created)
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .ProducesProblem(StatusCodes.Status409Conflict)
            .ProducesProblem(StatusCodes.Status413PayloadTooLarge)
            .ProducesProblem(StatusCodes.Status422UnprocessableEntity);
        policy.MapGet("/versions", ListAsync).RequirePermission("policy:read")
            .WithName("ListPolicyVersions").WithSummary("The versions of the policy, newest first.")
            .Produces<Page<PolicyVersion>>()
            .ProducesProblem(StatusCodes.Status400BadRequest);
        policy.MapPost("/test", TestAsync).RequirePermission("policy:read")
            .WithMetadata(new RequestSizeLimitAttribute(TestSizeBytesMax))
            .WithName("TestPolicy").WithSummary("Says what a policy would do with calls, with explanations. Nothing is performed.")
            .Produces<PolicyTestResult>()
            .ProducesValidationProblem()
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status409Conflict)
            .ProducesProblem(StatusCodes.Status413PayloadTooLarge)
            .ProducesProblem(StatusCodes.Status422UnprocessableEntity);
    }

    private static async Task<IResult> GetAsync(
        PolicyStore store, CancellationToken cancellationToken, int? version = null) =>
        (await store.FindAsync(version, cancellationToken)).ToOk();

    private static async Task<IResult> ApplyAsync(
        HttpRequest request, Caller caller, PolicyStore store, IOptions<AgentsOptions> options,
        CancellationToken cancellationToken)
    {
        var body = await DefinitionBody.ReadAsync(request, options.Value.DefinitionSizeBytesMax, cancellationToken);
        if (!body.TryGet(out var text, out var fault)) return fault.Problem();
        if (!(await store.ApplyAsync(text, caller, cancellationToken)).TryGet(out var version, out fault)) return fault.Problem();
        return version.Changed
            ? TypedResults.Created($"/api/v1/policy?version={version.Version}", version)
            : TypedResults.Ok(version);
    }

    private static async Task<IResult> ListAsync(
        PolicyStore store, CancellationToken cancellationToken, int? limit = null, string? cursor = null)
    {
        if (!PageRequest.Read(limit, cursor).TryGet(out var page, out var fault)) return fault.Problem();
        if (!page.KeyAfter<int>().TryGet(out var before, out fault)) return fault.Problem();

        var versions = await store.ListAsync(before, page.Limit + 1, cancellationToken);
        return TypedResults.Ok(page.PageOf(
            versions, static version => version.Version.ToString(CultureInfo.InvariantCulture)));
    }

    private static async Task<IResult> TestAsync(
        TestPolicyRequest request, PolicyTests tests, CancellationToken cancellationToken) =>
        (await tests.RunAsync(request, cancellationToken)).ToOk();
}
