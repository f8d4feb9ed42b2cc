using System.Text.Json;
using System.Text.Json.Serialization;
using CodexOS.Platform.Egress;

namespace CodexOS.Tools.Contracts;

/// <summary>What a <c>tool.call</c> step is asked to do, as journaled.</summary>
/// <param name="Tool">The tool's name, as the model wrote it.</param>
/// <param name="CallId">The model's id for the call.</param>
/// <param name="Arguments">The arguments; the gate checks them.</param>
public sealed record ToolStepInput(string Tool, string CallId, JsonElement Arguments)
{
    /// <summary>The effect that performs tool calls.</summary>
    public const string Effect = "tool.call";
}

/// <summary>What a <c>tool.call</c> step gives back, as journaled.</summary>
/// <param name="Text">What the model reads.</param>
/// <param name="IsError">Whether the call did not do what was asked.</param>
/// <param name="Truncated">Whether text or data were cut at a limit.</param>
/// <param name="Data">
/// The same for programs and the UI, as the tool documents it; null if it exceeded its limit.
/// </param>
public sealed record ToolStepOutput(string Text, bool IsError, bool Truncated, JsonElement? Data)
{
    /// <summary>What the call did with the network; null if nothing.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public EgressSummary? Egress { get; init; }
}
