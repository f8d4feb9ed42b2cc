using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using CodexOS.Platform.Egress;
using CodexOS.Platform.Http;
using CodexOS.Tools.Contracts;

namespace CodexOS.Agents.Definitions;

/// <summary>What an author says of an agent, checked. It is also what a version stores, in this spelling.</summary>
/// <param name="Name">How it is called: lowercase letters, digits and dashes.</param>
/// <param name="Title">How it is shown to people.</param>
/// <param name="Description">What it is for, in a sentence or two.</param>
/// <param name="Instructions">What the model is told before the task.</param>
/// <param name="Model">The model it uses unless a run names another, <c>provider:model</c>.</param>
/// <param name="Program">How it works; <c>react</c> calls the model and its tools in turn.</param>
/// <param name="Tools">What it may do, in the author's order.</param>
/// <param name="Limits">Its bounds.</param>
/// <param name="Temperature">Sampling temperature, or null for the model's own.</param>
/// <param name="OutputTokensMax">Most tokens of one answer, or null for the provider's limit.</param>
internal sealed record AgentDefinition(
    string Name,
    string Title,
    string Description,
    string Instructions,
    string Model,
    string Program,
    ImmutableArray<ToolGrant> Tools,
    AgentLimits Limits,
    float? Temperature,
    int? OutputTokensMax)
{
    /// <summary>The hosts that its tools may reach; null is none, and leaves the spelling of older versions as it was.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ImmutableArray<EgressRule>? Egress { get; init; }

    /// <summary>The knowledge bases that its tools may search, in order; null is none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ImmutableArray<string>? Knowledge { get; init; }

    /// <summary>What holds for its runs beside the tenant's policy; null where the author says nothing.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Policy? Policy { get; init; }

    /// <summary>When an earlier answer is given to a task that means the same; null is never.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public SemanticCacheRule? SemanticCache { get; init; }

    /// <summary>The one spelling of this definition, from which its digest is taken.</summary>
    public string Canonical() =>
        CanonicalJson.Write(JsonSerializer.SerializeToElement(this, Json.Options)).Value;

    /// <summary>Reads a stored definition back.</summary>
    public static AgentDefinition FromCanonical(string canonical) =>
        JsonSerializer.Deserialize<AgentDefinition>(canonical, Json.Options)
        ?? throw new InvalidOperationException("A stored agent definition is empty.");
}

/// <summary>The bounds of an agent's runs.</summary>
/// <param name="StepsMax">Most steps (model and tool calls) of a run.</param>
/// <param name="WallTimeMaxSeconds">Longest time of a run in seconds, waiting included.</param>
/// <param name="TokensMax">Most model tokens of a run, input and output together.</param>
/// <param name="CostMaxMicroUsd">Most money of a run, in millionths of a US dollar.</param>
/// <param name="ContextTokensMax">Most tokens, by estimate, of one conversation that is sent to the model.</param>
/// <param name="CallsPerTurnMax">Most tool calls that one answer of the model may ask for.</param>
/// <param name="ErrorsInARowMax">How many tool calls may fail one after the other before the run is ended.</param>
internal sealed record AgentLimits(
    int StepsMax,
    long WallTimeMaxSeconds,
    long TokensMax,
    long CostMaxMicroUsd,
    int ContextTokensMax,
    int CallsPerTurnMax,
    int ErrorsInARowMax)
{
    /// <summary>What holds where the author says nothing.</summary>
    public static AgentLimits Default { get; } = new(
        StepsMax: 200,
        WallTimeMaxSeconds: 3_600,
        TokensMax: 2_000_000,
        CostMaxMicroUsd: 5_000_000,
        ContextTokensMax: 100_000,
        CallsPerTurnMax: 16,
        ErrorsInARowMax: 10);
}

/// <summary>When an earlier answer is given to a task that means the same.</summary>
/// <param name="Similarity">How near both must be, as the cosine of their vectors.</param>
/// <param name="TtlSeconds">How long an answer is kept, in seconds.</param>
internal sealed record SemanticCacheRule(double Similarity, long TtlSeconds)
{
    /// <summary>What holds where the author asks for the cache and says nothing more.</summary>
    public static SemanticCacheRule Default { get; } = new(Similarity: 0.95, TtlSeconds: 3_600);
}

/// <summary>Something that is wrong with a definition, and where.</summary>
/// <param name="Path">Which field, for instance <c>tools[2].approval</c>.</param>
/// <param name="Line">Its line in the text, from 1.</param>
/// <param name="Column">Its column in the text, from 1.</param>
/// <param name="Message">What is wrong and what to do.</param>
internal sealed record DefinitionError(string Path, long Line, long Column, string Message);
