using System.Collections.Immutable;
using System.Text.Json;
using CodexOS.Inference.Contracts;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Http;
using CodexOS.Runs.Contracts;
using CodexOS.Tools.Contracts;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;

namespace CodexOS.Agents.Quarantine;

/// <summary>
/// Asks the run's own model something in the middle of a tool call, past the gate of models. It has no tools and sees nothing
/// of the run's conversation. The handlers hold the tools, so they are looked up when they are there.
/// </summary>
internal static class InnerModel
{
    /// <summary>The model that the run is granted, or null.</summary>
    public static ModelName? Of(EffectCall step)
    {
        try
        {
            return step.Grant.Deserialize<RunGrant>(Json.Options)?.Model is { } name
                && ModelName.Parse(name).TryGet(out var model, out _) ? model : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>The model's answer. Faults: those of its gate and provider, and <c>agents.no_reader</c>.</summary>
    public static Task<Result<EffectOutput>> AskAsync(
        IServiceProvider services, EffectCall step, ModelName model, ImmutableArray<ChatMessage> messages, int tokensMax,
        CancellationToken cancellationToken)
    {
        var handler = services.GetServices<IEffectHandler>().FirstOrDefault(static it => it.Effect == ChatCall.Effect);
        if (handler is null) return Task.FromResult<Result<EffectOutput>>(NoModel);
        var call = step with
        {
            Step = $"{step.Step}.model",
            Input = JsonSerializer.SerializeToElement(
                new ChatStepInput(model.Provider, model.Model, messages.Length, 0), Json.Options),
            Prepared = new ChatCall(model, messages, []) { Temperature = 0, OutputTokensMax = tokensMax },
            Resolved = null,
            Approval = null,
            OnDelta = static _ => { },
        };
        return handler.Judge(call) switch
        {
            GateVerdict.Allow => handler.PerformAsync(call, cancellationToken),
            GateVerdict.Refuse refuse => Task.FromResult<Result<EffectOutput>>(refuse.Fault),
            _ => Task.FromResult<Result<EffectOutput>>(NoModel),
        };
    }

    public static Fault NoModel { get; } = new(
        "agents.no_reader", FaultKind.Unavailable, "The run has no model that could read the text.");
}
