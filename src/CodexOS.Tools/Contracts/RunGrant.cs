using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using CodexOS.Platform.Egress;

namespace CodexOS.Tools.Contracts;

/// <summary>What a run may touch, as journaled with its creation. Nothing listed is nothing allowed.</summary>
/// <param name="Tools">The tools it may call.</param>
/// <param name="Model">The model it may call, <c>provider:model</c>.</param>
/// <param name="Workspace">The file workspace it may work on.</param>
public sealed record RunGrant(ImmutableArray<ToolGrant> Tools, string? Model, WorkspaceId? Workspace)
{
    /// <summary>What of the network its tools may reach; null is nothing.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public EgressGrant? Egress { get; init; }

    /// <summary>The knowledge bases that its tools may search, by name; null is none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ImmutableArray<string>? Knowledge { get; init; }

    /// <summary>The policy as it was when the run was started; null is <see cref="Contracts.Policy.Default"/>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public PinnedPolicy? Policy { get; init; }
}

/// <summary>Leave to call one tool.</summary>
/// <param name="Name">The tool.</param>
/// <param name="Approval">When a person is asked.</param>
/// <param name="Arguments">
/// Values that an argument must have or match: a string is a pattern with <c>*</c>, anything else must be equal.
/// </param>
public sealed record ToolGrant(string Name, ApprovalMode Approval, ImmutableDictionary<string, JsonElement> Arguments)
{
    /// <summary>
    /// The definition that the author accepted, see <see cref="ToolContract.IsPinned"/>; null for tools of CodexOS.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Pin { get; init; }
}

/// <summary>When a person is asked before a call.</summary>
public enum ApprovalMode
{
    /// <summary>As the tool's contract says.</summary>
    Default,

    /// <summary>Before every call.</summary>
    Always,

    /// <summary>Never; refused for tools whose effect is irreversible.</summary>
    Never,
}
