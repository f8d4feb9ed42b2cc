using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using CodexOS.Inference.Chat;
using CodexOS.Inference.Contracts;
using CodexOS.Inference.Pipeline;
using CodexOS.Platform.Faults;
using Microsoft.Extensions.AI;

namespace CodexOS.Inference.Scripted;

/// <summary>
/// Answers from a script. The turn is chosen from the conversation alone and its ids are counted, not drawn: the same
/// conversation always gets the same answer.
/// </summary>
internal sealed class ScriptedChatClient(string name, Script script, TimeSpan pause, TimeProvider clock) : IChatClient
{
    public Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        CancellationToken cancellationToken = default) =>
        GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);

    public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        CancellationToken cancellationToken = default) =>
        Choose([.. messages], options).StreamAsync(pause, clock, cancellationToken);

    public object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceKey is null && serviceType.IsInstanceOfType(this) ? this : null;

    public void Dispose()
    {
    }

    private Answer Choose(IReadOnlyList<ChatMessage> messages, ChatOptions? options)
    {
        var situation = Situation.Of(messages);
        var (turn, captures) = Find(situation) ?? throw Exhausted(situation);
        var text = ScriptTemplate.Fill(turn.Reply, situation, captures).Trim();
        var calls = turn.Call
            .Select((call, index) => new ModelToolCall(
                $"call_{situation.Turn}_{index + 1}",
                call.Tool,
                JsonSerializer.SerializeToElement(new JsonObject(call.Arguments.Select(argument =>
                    KeyValuePair.Create(argument.Key, ScriptTemplate.Fill(argument.Value, situation, captures)))))))
            .ToImmutableArray();
        var usage = Answer.Estimate(messages, options, text, calls);
        return new Answer(text, calls, calls.Length > 0 ? "tool_calls" : "stop", name, usage);
    }

    private (ScriptTurn Turn, IReadOnlyDictionary<string, string> Captures)? Find(Situation situation)
    {
        try
        {
            return ScriptMatcher.Find(script, situation);
        }
        catch (RegexMatchTimeoutException slow)
        {
            throw new ModelCallException(new Fault(
                "inference.bad_script",
                FaultKind.Invalid,
                $"The script '{name}' has a regular expression that takes too long: {slow.Pattern}. Write a simpler "
                + "one."));
        }
    }

    private ModelCallException Exhausted(Situation situation) => new(new Fault(
        "inference.script_exhausted",
        FaultKind.Invalid,
        $"The script '{name}' has no answer for turn {situation.Turn} "
        + (situation.Tool is null
            ? "to a person's message"
            : $"after {situation.Tool} ended {(situation.IsError ? "with an error" : "well")}"
                + (situation.ExitCode is { } code ? $" (exit code {code})" : ""))
        + ". Add a turn whose conditions fit, or a last turn without any.")
        .With("turn", situation.Turn));
}
