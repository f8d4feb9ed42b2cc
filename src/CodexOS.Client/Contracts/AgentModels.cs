namespace CodexOS.Client.Contracts;

/// <summary>An agent as lists show it.</summary>
/// <param name="Id">Its id, <c>agt_…</c>.</param>
/// <param name="Name">Its unique name.</param>
/// <param name="Title">Its name for people.</param>
/// <param name="Description">What it is for.</param>
/// <param name="Version">Its newest version.</param>
/// <param name="Model">The model it uses unless told otherwise, <c>provider:model</c>.</param>
/// <param name="Tools">The tools it may call.</param>
/// <param name="UpdatedAt">When its newest version was made.</param>
public sealed record AgentSummary(
    string Id,
    string Name,
    string? Title,
    string? Description,
    int Version,
    string? Model,
    IReadOnlyList<string> Tools,
    DateTimeOffset UpdatedAt);

/// <summary>An agent in full.</summary>
/// <param name="Id">Its id, <c>agt_…</c>.</param>
/// <param name="Name">Its unique name.</param>
/// <param name="Title">Its name for people.</param>
/// <param name="Description">What it is for.</param>
/// <param name="Version">Its newest version.</param>
/// <param name="Model">The model it uses unless told otherwise, <c>provider:model</c>.</param>
/// <param name="Tools">The tools it may call.</param>
/// <param name="UpdatedAt">When its newest version was made.</param>
/// <param name="Definition">The YAML text of its newest version.</param>
/// <param name="Instructions">What the model is told.</param>
/// <param name="Limits">The budgets of its runs.</param>
public sealed record Agent(
    string Id,
    string Name,
    string? Title,
    string? Description,
    int Version,
    string? Model,
    IReadOnlyList<string> Tools,
    DateTimeOffset UpdatedAt,
    string Definition,
    string? Instructions,
    AgentLimits Limits);

/// <summary>The budgets of a run.</summary>
/// <param name="StepsMax">Most steps.</param>
/// <param name="WallTimeMaxSeconds">Longest time in seconds, waiting included.</param>
/// <param name="TokensMax">Most model tokens, input and output together.</param>
/// <param name="CostMaxMicroUsd">Most money, in millionths of a US dollar.</param>
public sealed record AgentLimits(int StepsMax, double WallTimeMaxSeconds, long TokensMax, long CostMaxMicroUsd);

/// <summary>One immutable version of an agent.</summary>
/// <param name="AgentId">The agent's id.</param>
/// <param name="Name">The agent's name.</param>
/// <param name="Version">The version, from 1.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="CreatedBy">Who made it.</param>
/// <param name="Digest">SHA-256 of the definition.</param>
/// <param name="Definition">The YAML text.</param>
/// <param name="Changed">Whether this call made the version, or found it as it was.</param>
public sealed record AgentVersion(
    string AgentId,
    string Name,
    int Version,
    DateTimeOffset CreatedAt,
    string? CreatedBy,
    string Digest,
    string Definition,
    bool Changed = false);

/// <summary>Starts a run of an agent.</summary>
/// <param name="Input">The task.</param>
/// <param name="Model">A model instead of the agent's own, <c>provider:model</c>.</param>
/// <param name="Version">A version instead of the newest.</param>
/// <param name="Workspace">The files to work on.</param>
public sealed record StartRunRequest(
    string Input, string? Model = null, int? Version = null, WorkspaceChoice? Workspace = null);

/// <summary>The files a run works on: an uploaded workspace, or a fresh copy of a sample.</summary>
/// <param name="Id">An existing workspace, <c>wsp_…</c>.</param>
/// <param name="Sample">The name of a sample.</param>
public sealed record WorkspaceChoice(string? Id = null, string? Sample = null);
