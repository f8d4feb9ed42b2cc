using System.Collections.Immutable;
using System.Text.Json;
using CodexOS.Platform.Faults;
using CodexOS.Tools.Contracts;

namespace CodexOS.Agents.Program;

/// <summary>Where an agent's run stands: the fold of its journal.</summary>
internal sealed record AgentState
{
    public static AgentState Empty { get; } = new();

    /// <summary>The pinned input; null until the run is created.</summary>
    public AgentRunInput? Input { get; init; }

    /// <summary>What was said after the task, in order.</summary>
    public ImmutableList<Utterance> Conversation { get; init; } = [];

    /// <summary>What people told the run and the model has not been sent yet, oldest first.</summary>
    public ImmutableList<Utterance.Said> Unheard { get; init; } = [];

    /// <summary>What the model has read, with labels; it only ever loses trust.</summary>
    public CallContext Context { get; init; } = CallContext.Empty;

    /// <summary>The policy that the run was started with.</summary>
    public Policy Policy { get; init; } = Policy.Default;

    /// <summary>How many answers the model has given.</summary>
    public int Turn { get; init; }

    /// <summary>The calls that the newest answer asked for, until all of them are over.</summary>
    public ImmutableArray<AskedCall> Calls { get; init; } = [];

    /// <summary>What the run did last, to notice when it goes in circles.</summary>
    public RecentActions Recent { get; init; } = RecentActions.None;

    /// <summary>The answer, once the model asks for no more tools.</summary>
    public FinalAnswer? Answer { get; init; }

    /// <summary>Why the run cannot go on, once that is so.</summary>
    public Fault? Fault { get; init; }

    /// <summary>The id of the next model step.</summary>
    public string ModelStep => $"{Turn + 1}.model";
}

/// <summary>A piece of the conversation.</summary>
internal abstract record Utterance
{
    private Utterance()
    {
    }

    /// <summary>The model said something, asked for tools, or both.</summary>
    internal sealed record Answer(string Text, ImmutableArray<AskedCall> Calls) : Utterance;

    /// <summary>A person told the run something while it was under way.</summary>
    internal sealed record Said(string Text) : Utterance;

    /// <summary>A tool call came back.</summary>
    /// <param name="CallId">The model's id of the call.</param>
    /// <param name="Tool">The tool.</param>
    /// <param name="Text">What the model reads.</param>
    /// <param name="IsError">Whether the call did not do what was asked.</param>
    /// <param name="IsCut">Whether the text was replaced to save space.</param>
    internal sealed record ToolOutput(string CallId, string Tool, string Text, bool IsError, bool IsCut) : Utterance;
}

/// <summary>A tool call that the model asked for.</summary>
/// <param name="Step">The step that performs it.</param>
/// <param name="CallId">The model's id of the call, made unique.</param>
/// <param name="Tool">The tool's name, as the model wrote it.</param>
/// <param name="Arguments">A JSON object.</param>
internal sealed record AskedCall(string Step, string CallId, string Tool, JsonElement Arguments)
{
    /// <summary>What came back, once it is over.</summary>
    public CallOutcome? Outcome { get; init; }
}

/// <summary>What came back from a tool call.</summary>
/// <param name="Text">What the model reads.</param>
/// <param name="IsError">Whether the call did not do what was asked.</param>
internal sealed record CallOutcome(string Text, bool IsError)
{
    /// <summary>Where the text comes from; null where it repeats what the model wrote and nothing else.</summary>
    public Label? Label { get; init; }

    /// <summary>Whether the call was made, and not refused before.</summary>
    public bool WasMade { get; init; }
}

/// <summary>The model's last word.</summary>
/// <param name="Text">The answer.</param>
/// <param name="IsCutOff">Whether the model reached its limit of tokens in the middle of it.</param>
internal sealed record FinalAnswer(string Text, bool IsCutOff);
