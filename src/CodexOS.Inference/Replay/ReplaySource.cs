using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using CodexOS.Inference.Chat;
using CodexOS.Inference.Contracts;
using CodexOS.Inference.Pipeline;
using CodexOS.Platform.Faults;
using Microsoft.Extensions.AI;

namespace CodexOS.Inference.Replay;

/// <summary>The provider <c>replay</c>: answers that a real model gave to the same request before.</summary>
internal sealed class ReplaySource(Cassettes cassettes, TimeProvider clock) : IModelSource
{
    public ModelProvider Provider => new(
        "replay", Configured: true, IsReal: false, $"Plays back cassettes in {cassettes.Folder}: replay:<cassette>.");

    public bool IsRemote => false;

    public Fault? Check(string model) =>
        cassettes.PathOf(model) is { } path && File.Exists(path) ? null : cassettes.Unknown(model);

    public Result<IChatClient> Open(string model) =>
        Result.Of<IChatClient>(new ReplayChatClient(model, cassettes, clock));
}

/// <summary>Plays back one cassette.</summary>
internal sealed class ReplayChatClient(string name, Cassettes cassettes, TimeProvider clock) : IChatClient
{
    public Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        CancellationToken cancellationToken = default) =>
        GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        if (!(await cassettes.ReadAsync(name, cancellationToken)).TryGet(out var exchanges, out var fault))
        {
            throw new ModelCallException(fault);
        }

        var digest = RequestDigest.Of(messages, options);
        // Recording the same request again replaces the older answer.
        var found = exchanges.LastOrDefault(exchange => exchange.Hash == digest.Hash)
            ?? throw new ModelCallException(NotRecorded(digest, exchanges));
        var answer = new Answer(
            found.Reply.Text,
            found.Reply.ToolCalls,
            found.Reply.FinishReason,
            found.Reply.Model,
            new UsageDetails { InputTokenCount = found.TokensIn, OutputTokenCount = found.TokensOut });
        await foreach (var update in answer.StreamAsync(TimeSpan.Zero, clock, cancellationToken))
        {
            yield return update;
        }
    }

    public object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceKey is null && serviceType.IsInstanceOfType(this) ? this : null;

    public void Dispose()
    {
    }

    private Fault NotRecorded(RequestDigest digest, ImmutableArray<Exchange> exchanges)
    {
        var nearest = exchanges.MaxBy(exchange => digest.SameAs(exchange.Parts)) is { } closest
            ? $"In the nearest recording, {digest.DifferenceFrom(closest.Parts)}."
            : "The cassette is empty.";
        return new Fault(
            "inference.not_recorded",
            FaultKind.NotFound,
            $"The cassette '{name}' has no answer to this request. {nearest} Record it with "
            + $"Inference:Cassettes:RecordTo={name} and a real model.");
    }
}
