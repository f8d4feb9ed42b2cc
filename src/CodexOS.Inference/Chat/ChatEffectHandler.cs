using System.Text.Json;
using CodexOS.Inference.Contracts;
using CodexOS.Inference.Pipeline;
using CodexOS.Inference.Prices;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Http;
using CodexOS.Runs.Contracts;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;

namespace CodexOS.Inference.Chat;

/// <summary>
/// Performs <c>model.chat</c>. The way of a call:
/// 1. the gate: the run's grant names this very model, and its provider is configured;
/// 2. take an earlier answer to the same question, where the agent allows it;
/// 3. open the model, which is its provider's client inside the pipeline of <see cref="Models.Open"/>;
/// 4. stream the answer, passing on text as it comes;
/// 5. put the reply together, price it, and keep it for the next who asks.
/// </summary>
internal sealed partial class ChatEffectHandler(
    Models models, PriceTable prices, EarlierAnswers earlier, ILogger<ChatEffectHandler> logger) : IEffectHandler
{
    public string Effect => ChatCall.Effect;

    /// <summary>Models answer elsewhere, but every call holds a connection and what has come of its answer.</summary>
    public EffectPool? Pool { get; } = new(ChatCall.Effect, Size: 256);

    public GateVerdict Judge(EffectCall call)
    {
        if (call.Prepared is not ChatCall chat)
        {
            return new GateVerdict.Refuse(new Fault(
                "inference.no_conversation",
                FaultKind.Internal,
                "The step carries no conversation to send, which is a mistake of the program that asked for it."));
        }

        if (GrantedModel(call.Grant) is not { } granted || granted != chat.Model.ToString())
        {
            return new GateVerdict.Refuse(new Fault(
                "inference.model_not_granted",
                FaultKind.NotAllowed,
                $"The run may not call the model {chat.Model}. Start it with that model, or name it in the agent's "
                + "definition."));
        }

        // Asking a model changes nothing in the world: if an answer was lost, it is asked again, at worst paid for
        // twice. The lost answer was never acted upon, because a run acts on what its journal holds.
        return models.Check(chat.Model).TryGet(out _, out var fault)
            ? new GateVerdict.Allow(RepeatClass.Read)
            : new GateVerdict.Refuse(fault);
    }

    public async Task<Result<EffectOutput>> PerformAsync(EffectCall call, CancellationToken cancellationToken)
    {
        // 1. The engine has asked the gate; asking again costs nothing and holds even where it has not.
        if (Judge(call) is GateVerdict.Refuse refusal)
        {
            return refusal.Fault;
        }

        var chat = (ChatCall)call.Prepared!;

        // 2. Take an earlier answer.
        var lookup = await earlier.FindAsync(call, chat, cancellationToken);
        if (lookup.Answer is { } found)
        {
            call.OnDelta(found.Reply.Text);
            return EarlierAnswers.OutputOf(found);
        }

        // 3. Open the model.
        if (!models.Open(chat.Model).TryGet(out var client, out var fault))
        {
            return fault;
        }

        // 4. Stream.
        var reader = new ReplyReader();
        var options = OptionsOf(chat);
        try
        {
            await foreach (var update in client.GetStreamingResponseAsync(chat.Messages, options, cancellationToken))
            {
                if (reader.Take(update) is { Length: > 0 } text)
                {
                    call.OnDelta(text);
                }
            }
        }
        catch (ModelCallException failure)
        {
            Failed(logger, chat.Model.Provider, failure.Fault.Code);
            return failure.Fault;
        }

        // 5. Price, keep and hand over.
        var (reply, output) = Output(chat, options, reader);
        await earlier.KeepAsync(lookup, reply, cancellationToken);
        return output;
    }

    private (ModelReply Reply, EffectOutput Output) Output(ChatCall chat, ChatOptions options, ReplyReader reader)
    {
        var price = prices.Of(chat.Model);
        var isReal = models.Check(chat.Model).TryGet(out var provider, out _) && provider.IsReal;
        var reply = reader.Read(chat.Model, isReal) with { IsPriced = price is not null };
        var usage = reader.Usage;
        if (usage.InputTokenCount is null && usage.OutputTokenCount is null)
        {
            // An endpoint that counts nothing must not make a budget endless.
            usage = Answer.Estimate(chat.Messages, options, reply.Text, reply.ToolCalls);
        }

        var cost = PriceTable.CostMicroUsd(price, usage);
        InferenceTelemetry.Spent(chat.Model.Provider, chat.Model.Model, cost);
        return (reply, new EffectOutput(
            JsonSerializer.SerializeToElement(reply, Json.Options),
            new EffectUsage(usage.InputTokenCount ?? 0, usage.OutputTokenCount ?? 0, cost)));
    }

    private static string? GrantedModel(JsonElement grant) =>
        grant.ValueKind == JsonValueKind.Object
        && grant.TryGetProperty("model", out var model)
        && model.ValueKind == JsonValueKind.String
            ? model.GetString()
            : null;

    private static ChatOptions OptionsOf(ChatCall chat) => new()
    {
        Temperature = chat.Temperature,
        MaxOutputTokens = chat.OutputTokensMax,
        Tools = chat.Tools.IsDefaultOrEmpty
            ? null
            : [.. chat.Tools.Select(tool =>
                AIFunctionFactory.CreateDeclaration(tool.Name, tool.Description, tool.InputSchema))],
    };

    [LoggerMessage(
        EventName = "inference.call_failed",
        Level = LogLevel.Warning,
        Message = "Model call to {Provider} failed with {Code}")]
    private static partial void Failed(ILogger logger, string provider, string code);
}
