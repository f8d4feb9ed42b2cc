using System.Text.Json;
using CodexOS.Platform.Http;
using CodexOS.Runs.Contracts;
using CodexOS.Tools.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace CodexOS.Tools.Catalogue;

/// <summary>Shows the catalogue to people and programs.</summary>
internal static class ToolEndpoints
{
    public static void Map(IEndpointRouteBuilder api) => api.MapGet("/tools", ListAsync)
        .RequirePermission("tools:read")
        .WithName("ListTools")
        .WithSummary("The tools of this installation and of the tenant's connections, with their input schemas and what they can do.")
        .WithTags("Tools")
        .ProducesProblem(StatusCodes.Status401Unauthorized)
        .ProducesProblem(StatusCodes.Status403Forbidden);

    private static async Task<Ok<ToolList>> ListAsync(IToolCatalogue catalogue, CancellationToken cancellationToken) =>
        TypedResults.Ok(new ToolList(
        [.. (await catalogue.ReadAsync(cancellationToken)).All.Select(static tool => new ToolView(
            tool.Name, tool.Description, tool.Effect, tool.Repeat, tool.NeedsSandbox, tool.InputSchema))]));
}

/// <summary>All tools, by name.</summary>
/// <param name="Items">The tools.</param>
public sealed record ToolList(IReadOnlyList<ToolView> Items);

/// <summary>A tool as the API shows it.</summary>
/// <param name="Name">How models and definitions call it.</param>
/// <param name="Description">What it does.</param>
/// <param name="Effect">What it can do to the world.</param>
/// <param name="Repeat">What may be done if the outcome of a call is lost.</param>
/// <param name="NeedsSandbox">Whether it executes code that only a sandbox may execute.</param>
/// <param name="InputSchema">JSON Schema of its arguments.</param>
public sealed record ToolView(
    string Name,
    string Description,
    EffectClass Effect,
    RepeatClass Repeat,
    bool NeedsSandbox,
    JsonElement InputSchema);
