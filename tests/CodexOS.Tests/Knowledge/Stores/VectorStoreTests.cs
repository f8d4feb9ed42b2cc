using CodexOS.Knowledge.Stores;
using CodexOS.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Knowledge.Stores;

/// <summary>What stands between the server and a store that does not answer.</summary>
public sealed class VectorStoreTests
{
    private static readonly StoreOptions s_options = new();

    private readonly FakeTimeProvider _clock = Clocks.AtNoon();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_store_that_did_not_answer_is_left_alone_for_a_while_and_tells_when_it_is_back()
    {
        var client = new ScriptedClient { Error = new HttpRequestException("Nobody is there.") };
        await using var store = new VectorStore("outside", s_options, client, _clock, NullLogger.Instance);
        var back = store.Back;

        (await store.PingAsync(Token)).Fault.Code.ShouldBe("knowledge.store_unavailable");
        client.Error = null;
        (await store.PingAsync(Token)).Fault.Code.ShouldBe("knowledge.store_unavailable");
        client.Pings.ShouldBe(1, "it is not asked again at once");
        back.IsCompleted.ShouldBeFalse();

        _clock.Advance(s_options.PauseAfterFailure);
        (await store.PingAsync(Token)).IsOk.ShouldBeTrue();
        back.IsCompleted.ShouldBeTrue();
        store.Back.IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public async Task A_refusal_is_an_answer()
    {
        var client = new ScriptedClient { Error = new VectorStoreException(StoreFaults.Refused("outside", "it is full")) };
        await using var store = new VectorStore("outside", s_options, client, _clock, NullLogger.Instance);

        (await store.PingAsync(Token)).Fault.Code.ShouldBe("knowledge.store_refused");
        (await store.PingAsync(Token)).Fault.Code.ShouldBe("knowledge.store_refused");
        client.Pings.ShouldBe(2);
    }

    [Fact]
    public async Task Who_gives_up_does_not_make_the_store_seem_away()
    {
        using var gaveUp = new CancellationTokenSource();
        await gaveUp.CancelAsync();
        var client = new ScriptedClient();
        await using var store = new VectorStore("outside", s_options, client, _clock, NullLogger.Instance);

        await Should.ThrowAsync<OperationCanceledException>(() => store.PingAsync(gaveUp.Token));

        (await store.PingAsync(Token)).IsOk.ShouldBeTrue();
    }

    private sealed class ScriptedClient : IVectorClient
    {
        public Exception? Error { get; set; }

        public int Pings { get; private set; }

        public Task PingAsync(CancellationToken cancellationToken)
        {
            Pings++;
            return Error is null ? Task.CompletedTask : Task.FromException(Error);
        }

        public Task<IReadOnlyList<string>> ListCollectionNamesAsync(string prefix, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public Task EnsureCollectionExistsAsync(VectorCollection collection, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public Task EnsureCollectionDeletedAsync(string name, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public Task<long> CountAsync(VectorCollection collection, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public Task UpsertAsync(
            VectorCollection collection, IReadOnlyList<VectorRecord> records, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public Task DeleteAsync(
            VectorCollection collection, IReadOnlyCollection<Guid> documents, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public Task<IReadOnlyList<VectorMatch>> SearchAsync(
            VectorCollection collection, VectorSearch search, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
