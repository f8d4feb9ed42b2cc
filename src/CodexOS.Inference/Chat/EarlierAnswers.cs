using System.Text.Json;
using CodexOS.Inference.Contracts;
using CodexOS.Platform.Http;
using CodexOS.Runs.Contracts;
using Microsoft.Extensions.AI;

namespace CodexOS.Inference.Chat;

/// <summary>
/// Stands before a model's call: an answer that was given to the same question before takes its place, and one that the model
/// gives is kept for the next. Only questions that are alone in their conversation, and final answers that ask for no tool.
/// </summary>
internal sealed class EarlierAnswers(IEnumerable<ISemanticCache> caches)
{
    private readonly ISemanticCache? _cache = caches.SingleOrDefault();

    /// <summary>Looks for an earlier answer.</summary>
    public Task<CacheLookup> FindAsync(EffectCall call, ChatCall chat, CancellationToken cancellationToken) =>
        _cache is not null && chat.Cache is { } rule && AloneIn(chat) is var (instructions, text)
            ? _cache.FindAsync(
                new CacheQuestion(call.Tenant, call.Run, call.By, call.Subject, call.Grant, chat, rule, instructions, text),
                cancellationToken)
            : Task.FromResult(CacheLookup.Nothing);

    /// <summary>What a step gives whose answer was found: it used nothing, and has the label of the answer.</summary>
    public static EffectOutput OutputOf(CachedReply found) =>
        new(JsonSerializer.SerializeToElement(found.Reply, Json.Options), new EffectUsage(0, 0, 0)) { Label = found.Label };

    /// <summary>Keeps a model's answer.</summary>
    public Task KeepAsync(CacheLookup lookup, ModelReply reply, CancellationToken cancellationToken) =>
        lookup.Place is { } place && reply is { FinishReason: "stop", Text.Length: > 0, ToolCalls.IsDefaultOrEmpty: true }
            ? _cache!.KeepAsync(place, reply, cancellationToken)
            : Task.CompletedTask;

    private static (string Instructions, string Text)? AloneIn(ChatCall chat) =>
        chat.Messages is [{ } first, { } second] && first.Role == ChatRole.System && second.Role == ChatRole.User
        && TextOf(first) is { } instructions && TextOf(second) is { } text
            ? (instructions, text)
            : null;

    private static string? TextOf(ChatMessage message) => message.Contents is [TextContent { Text: { } text }] ? text : null;
}
