using System.Collections.Immutable;
using System.Text.Json.Serialization;
using CodexOS.Inference.Contracts;
using CodexOS.Tools.Contracts;

namespace CodexOS.Agents.Program;

/// <summary>
/// The input of an agent's run, journaled when it is created: later versions of the agent do not touch it.
/// </summary>
/// <param name="Task">What is to be done.</param>
/// <param name="Agent">The agent as it was when the run was started.</param>
internal sealed record AgentRunInput(string Task, PinnedAgent Agent);

/// <summary>All of an agent that its runs depend on.</summary>
/// <param name="Instructions">What the model is told before the task.</param>
/// <param name="Model">The model, <c>provider:model</c>.</param>
/// <param name="Program">How the agent works.</param>
/// <param name="Tools">What is offered to the model.</param>
/// <param name="Temperature">Sampling temperature, or null for the model's own.</param>
/// <param name="OutputTokensMax">Most tokens of one answer, or null for the provider's limit.</param>
/// <param name="ContextTokensMax">Most tokens, by estimate, of one conversation that is sent to the model.</param>
/// <param name="CallsPerTurnMax">Most tool calls that one answer may ask for.</param>
/// <param name="ErrorsInARowMax">How many tool calls may fail one after the other.</param>
internal sealed record PinnedAgent(
    string Instructions,
    string Model,
    string Program,
    ImmutableArray<ModelTool> Tools,
    float? Temperature,
    int? OutputTokensMax,
    int ContextTokensMax,
    int CallsPerTurnMax,
    int ErrorsInARowMax)
{
    /// <summary>The labels of the tools' outputs by their contracts, for outputs that say nothing of their own.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ImmutableDictionary<string, Label>? ToolLabels { get; init; }

    /// <summary>When an earlier answer is given to a task that means the same; null is never.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public PinnedCache? Cache { get; init; }
}

/// <summary>When an earlier answer is given, and whose: that of the same version of the same agent.</summary>
/// <param name="Agent">The agent, by id.</param>
/// <param name="Version">Its version.</param>
/// <param name="Similarity">How near the meanings of two tasks must be.</param>
/// <param name="TtlSeconds">How long an answer is kept.</param>
internal sealed record PinnedCache(string Agent, int Version, double Similarity, long TtlSeconds);
