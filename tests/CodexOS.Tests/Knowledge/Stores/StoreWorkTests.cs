using System.Collections.Concurrent;
using System.Threading.Channels;
using CodexOS.Knowledge.Contracts;
using CodexOS.Knowledge.Stores;
using CodexOS.Platform.Faults;
using Microsoft.Extensions.Logging;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Knowledge.Stores;

/// <summary>The work in the background, without a store and without waiting.</summary>
public sealed class StoreWorkTests
{
    private static readonly RetryPause s_pause = new(TimeSpan.FromSeconds(5), TimeSpan.FromMinutes(1));
    private static readonly Fault s_away = StoreFaults.Unavailable("outside");

    private readonly HandClock _clock = new();
    private readonly ErrorLog _log = new();
    private readonly Channel<int> _rounds = Channel.CreateUnbounded<int>();
    private int _count;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Pauses_double_up_to_a_limit_and_begin_anew_after_a_success()
    {
        using var work = Work(static count => count == 7 ? null : new StoreObstacle(s_away, s_pause));
        work.Want();

        foreach (var seconds in (int[])[5, 10, 20, 40, 60, 60])
        {
            var timer = await _clock.NextAsync(Token);
            timer.DueTime.ShouldBe(TimeSpan.FromSeconds(seconds));
            work.LastFault.ShouldBe(s_away);
            timer.Fire();
        }

        await RoundAsync(7);
        work.Want();
        (await _clock.NextAsync(Token)).DueTime.ShouldBe(TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task A_store_that_answers_again_ends_the_pause()
    {
        var back = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var work = Work(count => count == 1 ? new StoreObstacle(s_away, s_pause, back.Task) : null);
        work.Want();
        await _clock.NextAsync(Token);
        _count.ShouldBe(1);

        back.SetResult();

        await RoundAsync(2);
    }

    [Fact]
    public async Task What_is_thrown_is_logged_and_told_and_the_work_goes_on()
    {
        var fault = new TaskCompletionSource<Fault?>(TaskCreationOptions.RunContinuationsAsynchronously);
        StoreWork? work = null;
        using var own = work = Work(count =>
        {
            if (count == 1) throw new InvalidOperationException("A bug.");
            fault.TrySetResult(work!.LastFault);
            return null;
        });
        work.Want();
        var timer = await _clock.NextAsync(Token);
        _log.Errors.ShouldHaveSingleItem().ShouldBeOfType<InvalidOperationException>();

        timer.Fire();

        (await fault.Task.WaitAsync(Token))!.Code.ShouldBe("knowledge.store_work_failed");
    }

    [Fact]
    public async Task What_trying_again_cannot_help_is_tried_again_when_it_is_wanted()
    {
        using var work = Work(_ => new StoreObstacle(s_away, null));
        work.Want();
        await RoundAsync(1);
        work.Want();
        await RoundAsync(2);
    }

    [Fact]
    public async Task Closing_ends_a_pause()
    {
        var work = Work(_ => new StoreObstacle(s_away, s_pause));
        work.Want();
        await _clock.NextAsync(Token);

        await Task.Run(work.Dispose, Token).WaitAsync(Token);

        work.Want();
        _count.ShouldBe(1);
    }

    private StoreWork Work(Func<int, StoreObstacle?> round) => new(
        new KnowledgeBaseId(Guid.Empty),
        _ =>
        {
            var count = Interlocked.Increment(ref _count);
            _rounds.Writer.TryWrite(count);
            return Task.FromResult(round(count));
        },
        _clock, _log);

    private async Task RoundAsync(int wanted)
    {
        while (await _rounds.Reader.ReadAsync(Token) < wanted) { }
    }

    /// <summary>Keeps the exceptions of errors.</summary>
    private sealed class ErrorLog : ILogger
    {
        public ConcurrentQueue<Exception?> Errors { get; } = new();

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (logLevel is LogLevel.Error) Errors.Enqueue(exception);
        }
    }
}
