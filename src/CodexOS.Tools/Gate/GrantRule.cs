using System.Text.Json;
using System.Text.Json.Serialization;
using CodexOS.Platform.Egress;
using CodexOS.Platform.Http;
using CodexOS.Runs.Contracts;
using CodexOS.Tools.Contracts;

namespace CodexOS.Tools.Gate;

/// <summary>
/// Knows which grants lie within others, so that a run that another starts is never allowed more: every tool is allowed to
/// the outer one with the same or fewer constraints, model and workspace are the outer one's or none, and every host that it
/// may reach is one that the outer may reach.
/// </summary>
internal sealed class GrantRule : IGrantRule
{
    // What is not understood may allow anything.
    private static readonly JsonSerializerOptions s_strict = new(Json.Options)
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    };

    public bool Contains(JsonElement outer, JsonElement inner)
    {
        if (Read(outer) is not { } above || Read(inner) is not { } below) return false;
        return (below.Model is null || below.Model == above.Model)
            && (below.Workspace is null || below.Workspace == above.Workspace)
            && (below.Egress is null || (above.Egress ?? EgressGrant.None).Covers(below.Egress))
            && below.Policy?.Rules.Canonical() == above.Policy?.Rules.Canonical()
            && (below.Tools.IsDefaultOrEmpty || below.Tools.All(tool => IsWithin(above, tool)));
    }

    private static bool IsWithin(RunGrant above, ToolGrant tool)
    {
        if (above.Tools.IsDefault) return false;
        var known = above.Tools.Where(each => each.Name == tool.Name).ToList();
        // Two grants of one tool have no single meaning.
        return known is [var outer]
            && (tool.Approval == outer.Approval || tool.Approval is ApprovalMode.Always)
            && tool.Pin == outer.Pin
            && outer.Arguments.All(constraint =>
                tool.Arguments.TryGetValue(constraint.Key, out var own) && JsonElement.DeepEquals(own, constraint.Value));
    }

    private static RunGrant? Read(JsonElement grant)
    {
        try
        {
            return grant.ValueKind is JsonValueKind.Object ? grant.Deserialize<RunGrant>(s_strict) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
