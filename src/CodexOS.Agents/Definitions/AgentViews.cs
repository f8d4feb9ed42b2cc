using CodexOS.Agents.Contracts;
using CodexOS.Agents.Storage;

namespace CodexOS.Agents.Definitions;

/// <summary>An agent as lists show it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">How it is called.</param>
/// <param name="Title">How it is shown.</param>
/// <param name="Description">What it is for.</param>
/// <param name="Version">Its newest version.</param>
/// <param name="Model">The model it uses, <c>provider:model</c>.</param>
/// <param name="Tools">The tools it may call.</param>
/// <param name="UpdatedAt">When its newest version was made.</param>
public sealed record AgentSummary(
    AgentId Id,
    string Name,
    string Title,
    string Description,
    int Version,
    string Model,
    IReadOnlyList<string> Tools,
    DateTimeOffset UpdatedAt)
{
    internal static AgentSummary Of(AgentRow row) => new(
        row.Id,
        row.Name,
        row.Title,
        row.Description,
        row.Version,
        row.Model,
        row.Tools.Split(' ', StringSplitOptions.RemoveEmptyEntries),
        row.UpdatedAt);
}

/// <summary>An agent in full, as of its newest version.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">How it is called.</param>
/// <param name="Title">How it is shown.</param>
/// <param name="Description">What it is for.</param>
/// <param name="Version">Its newest version.</param>
/// <param name="Model">The model it uses, <c>provider:model</c>.</param>
/// <param name="Tools">The tools it may call.</param>
/// <param name="UpdatedAt">When its newest version was made.</param>
/// <param name="Definition">The author's YAML.</param>
/// <param name="Instructions">What the model is told before the task.</param>
/// <param name="Limits">The bounds of each run.</param>
public sealed record Agent(
    AgentId Id,
    string Name,
    string Title,
    string Description,
    int Version,
    string Model,
    IReadOnlyList<string> Tools,
    DateTimeOffset UpdatedAt,
    string Definition,
    string Instructions,
    AgentRunLimits Limits)
{
    internal static Agent Of(AgentRow row, AgentVersionRow version)
    {
        var summary = AgentSummary.Of(row);
        var definition = AgentDefinition.FromCanonical(version.Document);
        return new Agent(
            summary.Id,
            summary.Name,
            summary.Title,
            summary.Description,
            summary.Version,
            summary.Model,
            summary.Tools,
            summary.UpdatedAt,
            version.Definition,
            definition.Instructions,
            new AgentRunLimits(
                definition.Limits.StepsMax,
                definition.Limits.WallTimeMaxSeconds,
                definition.Limits.TokensMax,
                definition.Limits.CostMaxMicroUsd));
    }
}

/// <summary>The bounds of each run of an agent.</summary>
/// <param name="StepsMax">Most steps.</param>
/// <param name="WallTimeMaxSeconds">Longest time in seconds, waiting included.</param>
/// <param name="TokensMax">Most model tokens, input and output together.</param>
/// <param name="CostMaxMicroUsd">Most money, in millionths of a US dollar.</param>
public sealed record AgentRunLimits(int StepsMax, long WallTimeMaxSeconds, long TokensMax, long CostMaxMicroUsd);

/// <summary>An immutable version of an agent.</summary>
/// <param name="AgentId">The agent.</param>
/// <param name="Name">How it is called.</param>
/// <param name="Version">The version, from 1.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="CreatedBy">The user who made it; <c>codexos</c> for the demo agent.</param>
/// <param name="Digest">SHA-256 of the canonical definition, 64 hexadecimal digits.</param>
/// <param name="Definition">The author's YAML.</param>
/// <param name="Changed">Whether this request made the version.</param>
public sealed record AgentVersion(
    AgentId AgentId,
    string Name,
    int Version,
    DateTimeOffset CreatedAt,
    string CreatedBy,
    string Digest,
    string Definition,
    bool Changed)
{
    internal static AgentVersion Of(string name, AgentVersionRow row, bool changed) => new(
        row.AgentId, name, row.Version, row.CreatedAt, row.CreatedBy, row.Digest, row.Definition, changed);
}
