using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.AI;

namespace CodexOS.Inference.Contracts;

/// <summary>
/// What a <c>model.chat</c> step sends: handed over as the step's prepared value, because the journal already has every
/// part of the conversation. The step's journaled input is a <see cref="ChatStepInput"/>.
/// </summary>
/// <param name="Model">Which model, <c>provider:model</c>.</param>
/// <param name="Messages">The conversation so far.</param>
/// <param name="Tools">The tools the model may ask for.</param>
public sealed record ChatCall(
    ModelName Model, ImmutableArray<ChatMessage> Messages, ImmutableArray<ModelTool> Tools)
{
    /// <summary>The effect that performs chat calls.</summary>
    public const string Effect = "model.chat";

    /// <summary>Sampling temperature, or null for the model's own.</summary>
    public float? Temperature { get; init; }

    /// <summary>Most tokens of the answer, or null for the provider's limit.</summary>
    public int? OutputTokensMax { get; init; }

    /// <summary>What holds for an earlier answer to a task that means the same; null where none may be given.</summary>
    public CacheRule? Cache { get; init; }
}

/// <summary>What the journal keeps of a chat call.</summary>
/// <param name="Provider">The provider.</param>
/// <param name="Model">The model.</param>
/// <param name="MessagesCount">How many messages were sent.</param>
/// <param name="ToolsCount">How many tools were offered.</param>
public sealed record ChatStepInput(string Provider, string Model, int MessagesCount, int ToolsCount);

/// <summary>A tool as it is offered to a model.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Description">What it does.</param>
/// <param name="InputSchema">JSON Schema of its arguments.</param>
public sealed record ModelTool(string Name, string Description, JsonElement InputSchema);

/// <summary>A model's answer, as journaled.</summary>
/// <param name="Text">What it said.</param>
/// <param name="ToolCalls">What it wants called.</param>
/// <param name="FinishReason">Why it stopped: <c>stop</c>, <c>tool_calls</c>, <c>length</c> or
/// <c>content_filter</c>.</param>
/// <param name="Model">The model that answered, as it names itself.</param>
/// <param name="IsReal">False for scripted and replayed answers.</param>
public sealed record ModelReply(
    string Text, ImmutableArray<ModelToolCall> ToolCalls, string FinishReason, string Model, bool IsReal)
{
    /// <summary>
    /// Whether the price of the model is known. If it is not, the step's cost is journaled as zero and this says that
    /// the zero means "unknown".
    /// </summary>
    public bool IsPriced { get; init; }

    /// <summary>Which earlier answer it is, where no model was asked; null where one was.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public CachedFrom? Cached { get; init; }
}

/// <summary>A tool call that a model asks for.</summary>
/// <param name="CallId">The model's id for it; the result must carry the same.</param>
/// <param name="Tool">The tool's name, as the model wrote it.</param>
/// <param name="Arguments">The arguments; an empty object if they were not valid JSON.</param>
public sealed record ModelToolCall(string CallId, string Tool, JsonElement Arguments)
{
    /// <summary>The arguments as the model wrote them, if they were not a JSON object.</summary>
    public string? Malformed { get; init; }
}
