using System.Collections.Immutable;
using System.Text.Json;
using CodexOS.Agents.Definitions;
using CodexOS.Agents.Policies;
using CodexOS.Agents.Program;
using CodexOS.Agents.Storage;
using CodexOS.Inference.Contracts;
using CodexOS.Platform.Egress;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Http;
using CodexOS.Platform.Tenancy;
using CodexOS.Runs.Contracts;
using CodexOS.Tools.Contracts;

namespace CodexOS.Agents.Runs;

/// <summary>What is asked for when a run is started.</summary>
/// <param name="Agent">The agent, by name or id.</param>
/// <param name="Task">What is to be done.</param>
/// <param name="Model">Another model than the agent's own, or null.</param>
/// <param name="Version">Another version than the newest, or null.</param>
/// <param name="Workspace">What to work on, or null.</param>
/// <param name="IdempotencyKey">The caller's key for this start, or null.</param>
internal sealed record RunWish(
    string Agent, string Task, string? Model, int? Version, WorkspaceChoice? Workspace, string? IdempotencyKey);

/// <summary>
/// Starts runs. Everything that a run depends on is resolved and pinned here, once: (1) the version, (2) the model,
/// (3) the tools, (4) the workspace, (5) the policy, and from these (6) input, grant and limits, which the engine journals.
/// </summary>
internal sealed class RunStarter(
    AgentStore agents, IModels models, IToolCatalogue catalogue, IWorkspaces workspaces, PolicyStore policies, IEgress egress,
    IRuns runs) : IRunUpgrader
{
    private const int TitleLengthMax = 160;

    string IRunUpgrader.Kind => AgentProgram.RunKind;

    public async Task<Result<Run>> StartAsync(RunWish wish, Caller caller, CancellationToken cancellationToken)
    {
        // 1. The version.
        var search = await agents.FindAsync(wish.Agent, wish.Version, cancellationToken);
        if (!search.TryGet(out var found, out var fault)) return fault;
        var definition = AgentDefinition.FromCanonical(found.Version.Document);

        // 2. The model.
        var name = wish.Model ?? definition.Model;
        if (!ModelName.Parse(name).TryGet(out var model, out fault)) return fault;
        if (!models.Check(model).TryGet(out var provider, out fault)) return fault;

        // 3. The tools.
        if (!(await ContractsOfAsync(definition, cancellationToken)).TryGet(out var tools, out fault)) return fault;
        if (wish.Workspace is null && tools.FirstOrDefault(static tool => tool.NeedsWorkspace) is { } needing)
            return NeedsWorkspace(definition, needing);

        // 4. The workspace; late, because a sample is copied for it, once for each key.
        WorkspaceId? workspace = null;
        if (wish.Workspace is { } choice)
        {
            if (choice is WorkspaceChoice.Existing existing && WhyNot(caller, existing.Id) is { } closed) return closed;
            if (choice is WorkspaceChoice.Sample sample) choice = sample with { Key = wish.IdempotencyKey };
            var resolved = await workspaces.ResolveAsync(caller.Tenant, choice, cancellationToken);
            if (!resolved.TryGet(out var id, out fault)) return fault;
            workspace = id;
        }

        // 5. The policy.
        var pinned = await policies.PinAsync(definition.Policy, cancellationToken);
        if (!pinned.TryGet(out var policy, out fault)) return fault;

        // 6. All of it, pinned.
        var input = new AgentRunInput(wish.Task, PinnedOf(definition, model, tools, found));
        var grant = GrantOf(definition, model, workspace) with { Policy = policy };
        return await runs.StartAsync(
            new RunStart(
                caller.Tenant,
                caller.User,
                AgentProgram.RunKind,
                found.Agent.Name,
                found.Version.Version,
                TitleOf(wish.Task),
                JsonSerializer.SerializeToElement(input, Json.Options),
                JsonSerializer.SerializeToElement(grant, Json.Options),
                LimitsOf(definition.Limits),
                new RunLabels(model.ToString(), provider.IsReal, workspace?.ToString()),
                wish.IdempotencyKey),
            cancellationToken);
    }

    /// <summary>
    /// Who may start some agents only, because of a grant or a project, works only where they may work themselves: an agent
    /// would read and change for them what they cannot.
    /// </summary>
    private static Fault? WhyNot(Caller caller, WorkspaceId workspace) =>
        caller.May("runs:start")
        || caller.May("workspaces:write", new Resource(ResourceKinds.Workspace, workspace.ToString()))
            ? null
            : new Fault(
                "agents.workspace_not_yours",
                FaultKind.NotAllowed,
                "A run that you start may work on this workspace only if you have workspaces:write on it. Make one in your project.");

    /// <summary>Makes a run go on with another version of its agent.</summary>
    public async Task<Result<Run>> UpgradeAsync(
        RunId id, int? version, bool dryRun, Caller caller, CancellationToken cancellationToken)
    {
        var planned = await PlanAsync(id, version, caller.Name, cancellationToken);
        return planned.TryGet(out var upgrade, out var fault)
            ? await runs.UpgradeAsync(id, upgrade with { DryRun = dryRun }, cancellationToken)
            : fault;
    }

    /// <summary>What a run is to go on with. Its task, its workspace and a model that was chosen for it stay.</summary>
    public async Task<Result<RunUpgrade>> PlanAsync(
        RunId id, int? toVersion, string by, CancellationToken cancellationToken)
    {
        var read = await runs.CreationAsync(id, cancellationToken);
        if (!read.TryGet(out var run, out var fault)) return fault;
        if (run.Kind != AgentProgram.RunKind) return NotAnAgent(id);
        var search = await agents.FindAsync(run.Subject, toVersion, cancellationToken);
        if (!search.TryGet(out var found, out fault)) return fault;
        var before = await agents.FindAsync(run.Subject, run.SubjectVersion, cancellationToken);
        if (!before.TryGet(out var old, out fault)) return fault;

        var definition = AgentDefinition.FromCanonical(found.Version.Document);
        var input = run.Input.Deserialize<AgentRunInput>(Json.Options)!;
        var wasChosen = input.Agent.Model != AgentDefinition.FromCanonical(old.Version.Document).Model;
        if (!ModelName.Parse(wasChosen ? input.Agent.Model : definition.Model).TryGet(out var model, out fault)) return fault;
        if (!models.Check(model).TryGet(out _, out fault)) return fault;
        if (!(await ContractsOfAsync(definition, cancellationToken)).TryGet(out var tools, out fault)) return fault;
        var workspace = run.Grant.Deserialize<RunGrant>(Json.Options)!.Workspace;
        if (workspace is null && tools.FirstOrDefault(static tool => tool.NeedsWorkspace) is { } needing)
            return NeedsWorkspace(definition, needing);

        var pinned = await policies.PinAsync(definition.Policy, cancellationToken);
        if (!pinned.TryGet(out var policy, out fault)) return fault;
        return new RunUpgrade(
            found.Version.Version,
            by,
            JsonSerializer.SerializeToElement(
                new AgentRunInput(input.Task, PinnedOf(definition, model, tools, found)), Json.Options),
            JsonSerializer.SerializeToElement(GrantOf(definition, model, workspace) with { Policy = policy }, Json.Options),
            LimitsOf(definition.Limits),
            DryRun: false);
    }

    /// <summary>The first line that says something, short enough for a list.</summary>
    internal static string TitleOf(string task)
    {
        var line = "";
        foreach (var candidate in task.AsSpan().EnumerateLines())
        {
            line = new string([.. candidate.Trim().ToString().Where(static character => !char.IsControl(character))]);
            if (line.Length > 0) break;
        }

        if (line.Length <= TitleLengthMax) return line;
        var end = char.IsHighSurrogate(line[TitleLengthMax - 2]) ? TitleLengthMax - 2 : TitleLengthMax - 1;
        return $"{line.AsSpan(0, end)}…";
    }

    private async Task<Result<ImmutableArray<ToolContract>>> ContractsOfAsync(
        AgentDefinition definition, CancellationToken cancellationToken)
    {
        var known = await catalogue.ReadAsync(cancellationToken);
        var contracts = ImmutableArray.CreateBuilder<ToolContract>(definition.Tools.Length);
        foreach (var grant in definition.Tools)
        {
            if (known.Find(grant.Name) is not { } contract)
            {
                return new Fault(
                    "agents.unknown_tool",
                    FaultKind.Conflict,
                    $"The agent {definition.Name} lists the tool '{grant.Name}', which is no longer there. "
                    + "Apply it without.");
            }

            if (grant.Pin != (contract.IsPinned ? contract.DefinitionHash() : null))
            {
                return new Fault(
                    "agents.tool_changed",
                    FaultKind.Conflict,
                    $"The tool '{grant.Name}' is defined otherwise than when the agent {definition.Name} was applied. Look at "
                    + "its definition and apply the agent again.");
            }

            contracts.Add(contract);
        }

        return contracts.MoveToImmutable();
    }

    /// <summary>
    /// What the run may touch. The operator's networks are taken over as they are now, so that none is added later.
    /// </summary>
    private RunGrant GrantOf(AgentDefinition definition, ModelName model, WorkspaceId? workspace) =>
        new(definition.Tools, model.ToString(), workspace)
        {
            Knowledge = definition.Knowledge,
            Egress = definition.Egress is { } rules ? new EgressGrant(rules, egress.AllowedNetworks) : null,
        };

    /// <summary>What the model is told of a tool: also which knowledge bases or hosts it leads to.</summary>
    private static ModelTool OfferOf(ToolContract tool, AgentDefinition definition)
    {
        if (tool.NeedsKnowledge)
        {
            var bases = string.Join(", ", definition.Knowledge ?? []);
            return new ModelTool(tool.Name, $"{tool.Description} Knowledge bases: {bases}.", tool.InputSchema);
        }

        if (!tool.UsesNetwork) return new ModelTool(tool.Name, tool.Description, tool.InputSchema);
        var hosts = definition.Egress is { } rules
            ? $"Hosts that can be reached: {string.Join(", ", rules.Select(Words))}."
            : "No host can be reached.";
        return new ModelTool(tool.Name, $"{tool.Description} {hosts}", tool.InputSchema);

        static string Words(EgressRule rule) =>
            rule.Methods is { } methods ? $"{rule} ({string.Join(", ", methods)} only, not through tunnels)" : rule.ToString();
    }

    private static PinnedAgent PinnedOf(
        AgentDefinition definition, ModelName model, ImmutableArray<ToolContract> tools,
        (AgentRow Agent, AgentVersionRow Version) found) => new(
        definition.Instructions,
        model.ToString(),
        definition.Program,
        [.. tools.Select(tool => OfferOf(tool, definition))],
        definition.Temperature,
        definition.OutputTokensMax,
        definition.Limits.ContextTokensMax,
        definition.Limits.CallsPerTurnMax,
        definition.Limits.ErrorsInARowMax)
        {
            ToolLabels = tools.ToImmutableDictionary(
                static tool => tool.Name, static tool => new Label(tool.Source, tool.OutputReaders), StringComparer.Ordinal),
            Cache = definition.SemanticCache is { } cache
                ? new PinnedCache(found.Agent.Id.ToString(), found.Version.Version, cache.Similarity, cache.TtlSeconds)
                : null,
        };

    private static RunLimits LimitsOf(AgentLimits limits) => new(
        limits.StepsMax, TimeSpan.FromSeconds(limits.WallTimeMaxSeconds), limits.TokensMax, limits.CostMaxMicroUsd);

    private static Fault NotAnAgent(RunId id) => new(
        "agents.not_an_agent_run", FaultKind.Conflict, $"{id} is not the run of an agent, so it has no version to change.");

    private static Fault NeedsWorkspace(AgentDefinition definition, ToolContract tool) => new(
        "agents.needs_workspace",
        FaultKind.Invalid,
        $"The agent {definition.Name} works on files (with {tool.Name}), so the run needs a workspace. Give "
        + "\"workspace\": {\"sample\": \"calc\"} for a sample, or {\"id\": \"wsp_…\"} of one that you made with "
        + "POST /api/v1/workspaces.");
}
