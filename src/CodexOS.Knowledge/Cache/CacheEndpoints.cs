using CodexOS.Knowledge.Contracts;
using CodexOS.Platform.Http;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Tenancy;
using CodexOS.Runs.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace CodexOS.Knowledge.Cache;

/// <summary>The semantic cache over HTTP. It tells that answers are kept, never what they say.</summary>
internal static class CacheEndpoints
{
    private const int BodyBytesMax = 1_024;
    private const int AgentLengthMax = 64;

    public static void Map(IEndpointRouteBuilder api)
    {
        var answers = api.MapGroup("/cached-answers", "Agents", BodyBytesMax);
        answers.MapGet("", ListAsync).RequirePermission("agents:read")
            .WithName("ListCachedAnswers")
            .WithSummary("The answers in the tenant's semantic cache, newest first, without what they say.")
            .Produces<Page<CachedAnswer>>()
            .ProducesProblem(StatusCodes.Status400BadRequest);
        answers.MapDelete("", ClearAsync).RequirePermission("agents:write")
            .WithName("ClearCachedAnswers").WithSummary("Removes all answers from the semantic cache, or those of an agent.")
            .ProducesProblem(StatusCodes.Status400BadRequest);
        var setting = api.MapGroup("/semantic-cache", "Agents", BodyBytesMax);
        setting.MapGet("", SettingAsync).RequirePermission("policy:read")
            .WithName("GetSemanticCache").WithSummary("Whether agents of the tenant may give earlier answers again.")
            .Produces<SemanticCacheSetting>();
        setting.MapPut("", SetAsync).RequirePermission("policy:write")
            .WithName("SetSemanticCache")
            .WithSummary(
                "Switches the semantic cache for all agents of the tenant; it counts from the next task on. Off also removes what is kept.")
            .Produces<SemanticCacheSetting>()
            .ProducesValidationProblem()
            .ProducesProblem(StatusCodes.Status413PayloadTooLarge);
    }

    private static async Task<IResult> SettingAsync(CacheSwitch setting, CancellationToken cancellationToken) =>
        TypedResults.Ok(await setting.ReadAsync(cancellationToken));

    private static async Task<IResult> SetAsync(
        SetSemanticCacheRequest request, Caller caller, CacheSwitch setting, CancellationToken cancellationToken) =>
        TypedResults.Ok(await setting.SetAsync(request.Enabled!.Value, caller.User, cancellationToken));

    private static async Task<IResult> ListAsync(
        CachedAnswers answers, CancellationToken cancellationToken, string? agent = null, int? limit = null,
        string? cursor = null)
    {
        if (agent?.Length > AgentLengthMax) return KnowledgeFaults.BadCacheAgent.Problem();
        if (!PageRequest.Read(limit, cursor).TryGet(out var page, out var fault)) return fault.Problem();
        if (!page.KeyAfter<CachedAnswerId>().TryGet(out var after, out fault)) return fault.Problem();
        return TypedResults.Ok(page.PageOf(
            await answers.ListAsync(agent, after, page.Limit, cancellationToken), static one => one.Id.ToString()));
    }

    private static async Task<Results<Ok<CacheCleared>, ProblemHttpResult>> ClearAsync(
        CachedAnswers answers, CancellationToken cancellationToken, string? agent = null) =>
        agent?.Length is > AgentLengthMax or 0
            ? KnowledgeFaults.BadCacheAgent.Problem()
            : TypedResults.Ok(await answers.ClearAsync(agent, cancellationToken));
}

/// <summary>An answer in the semantic cache.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Agent">The agent that gave it.</param>
/// <param name="AgentVersion">The agent's version; another one does not get it.</param>
/// <param name="Run">The run that the model gave it to.</param>
/// <param name="AskedBy">Who started that run.</param>
/// <param name="Hits">How often it took the place of a call.</param>
/// <param name="CreatedAt">Since when it is kept.</param>
/// <param name="ExpiresAt">Until when.</param>
public sealed record CachedAnswer(
    CachedAnswerId Id, string Agent, int AgentVersion, RunId Run, UserId AskedBy, long Hits, DateTimeOffset CreatedAt,
    DateTimeOffset ExpiresAt);

/// <summary>What was removed from the semantic cache.</summary>
/// <param name="Removed">How many answers.</param>
public sealed record CacheCleared(int Removed);
