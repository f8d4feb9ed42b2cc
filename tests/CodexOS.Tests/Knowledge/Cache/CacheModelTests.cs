using CodexOS.Inference.Contracts;
using CodexOS.Knowledge;
using CodexOS.Knowledge.Cache;
using CodexOS.Platform.Faults;
using CodexOS.Testing;
using Microsoft.Extensions.Options;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Knowledge.Cache;

/// <summary>Waiting for the model of the semantic cache.</summary>
public sealed class CacheModelTests : IDisposable
{
    private static readonly Fault s_missing = new("inference.missing", FaultKind.Unavailable, "Its file is missing.");

    private readonly Microsoft.Extensions.Time.Testing.FakeTimeProvider _clock = Clocks.AtNoon();
    private readonly Loads _loads = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _loads.Dispose();

    [Fact]
    public async Task A_task_waits_no_longer_than_it_may_and_the_next_finds_what_was_loaded_meanwhile()
    {
        var model = Model();
        var first = model.LoadAsync(BuiltinModels.UseLite, Token);
        _clock.Advance(TimeSpan.FromSeconds(4));
        first.IsCompleted.ShouldBeFalse();
        _clock.Advance(TimeSpan.FromSeconds(1));
        (await first).ShouldNotBeNull().Code.ShouldBe("knowledge.cache_model_loads");

        _loads.Go.Set();

        (await model.LoadAsync(BuiltinModels.UseLite, Token)).ShouldBeNull();
        (await model.LoadAsync(BuiltinModels.UseLite, Token)).ShouldBeNull();
        _loads.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Tasks_that_come_at_once_wait_for_the_same_and_one_that_gives_up_stops_nothing()
    {
        var model = Model();
        using var gone = new CancellationTokenSource();
        var first = model.LoadAsync(BuiltinModels.UseLite, gone.Token);
        var second = model.LoadAsync(BuiltinModels.UseLite, Token);

        await gone.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(first);
        _loads.Go.Set();

        (await second).ShouldBeNull();
        _loads.Count.ShouldBe(1);
    }

    [Fact]
    public async Task What_could_not_be_loaded_is_tried_again_for_the_next_task()
    {
        var model = Model();
        _loads.Go.Set();
        _loads.Fault = s_missing;
        (await model.LoadAsync(BuiltinModels.UseLite, Token)).ShouldBe(s_missing);

        _loads.Fault = null;

        (await model.LoadAsync(BuiltinModels.UseLite, Token)).ShouldBeNull();
        _loads.Count.ShouldBe(2);
    }

    private CacheModel Model() =>
        new(_loads, Options.Create(new KnowledgeOptions { CacheLoadTimeMax = TimeSpan.FromSeconds(5) }), _clock);

    /// <summary>A model that takes as long to load as a test wants.</summary>
    private sealed class Loads : IEmbeddings, IDisposable
    {
        private int _count;

        public ManualResetEventSlim Go { get; } = new();

        public Fault? Fault { get; set; }

        public int Count => _count;

        public Fault? Load(ModelName model)
        {
            Interlocked.Increment(ref _count);
            Go.Wait(Token);
            return Fault;
        }

        public Fault? Check(ModelName model) => null;

        public Task<Result<EmbeddingReply>> EmbedAsync(
            EmbeddingCall call, Action<int> onDone, CancellationToken cancellationToken) => throw new NotSupportedException();

        public void Dispose() => Go.Dispose();
    }
}
