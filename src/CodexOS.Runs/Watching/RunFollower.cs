using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Threading.Channels;
using CodexOS.Platform.Faults;
using CodexOS.Runs.Contracts;
using CodexOS.Runs.Queries;

namespace CodexOS.Runs.Watching;

/// <summary>
/// Follows a run for one watcher: 1 watch, so that nothing is missed; 2 replay what is in the journal; 3 wait for news, and
/// pass on text that is being made; and again, until the run has ended. The watcher takes one piece at a time, and what
/// it does not take in time is read from the journal later.
/// </summary>
internal sealed class RunFollower(RunQueries queries, RunFeed feed, RunsOptions options, TimeProvider clock)
{
    private const int EventsAtOnce = 200;

    /// <summary>Begins to follow a run after a place; the caller has made sure that it may.</summary>
    public Result<Following> Follow(RunId run, int after)
    {
        if (!feed.Watch(run).TryGet(out var watcher, out var fault)) return fault;
        return new Following(this, watcher, after);
    }

    private async IAsyncEnumerable<RunNews> NewsAsync(
        RunWatcher watcher, int after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            var read = await queries.EventsAsync(watcher.Run, after, EventsAtOnce, cancellationToken);
            // The watcher comes again after the last event it has, and is told why there are no more.
            if (!read.TryGet(out var events, out _)) yield break;
            foreach (var happened in events)
            {
                // A step's outcome comes after the last of its text.
                foreach (var delta in RestOf(watcher, happened)) yield return new RunNews.Delta(delta);
                yield return new RunNews.Happened(happened);
            }

            if (events.Count > 0)
            {
                after = watcher.SeenSeq = events[^1].Seq;
                if (events[^1].IsTerminal) yield break;
                yield return RunNews.CaughtUp.Instance;
                if (events.Count == EventsAtOnce) continue;
            }

            using var silence = new CancellationTokenSource(options.HeartbeatInterval, clock);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(silence.Token, cancellationToken);
            while (true)
            {
                RunNews? news = null;
                try
                {
                    if (await watcher.NextAsync(either.Token) is { } delta) news = new RunNews.Delta(delta);
                }
                catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
                {
                    news = RunNews.Silence.Instance;
                }
                catch (ChannelClosedException)
                {
                    yield break;
                }

                if (news is null) break;
                yield return news;
                if (news is RunNews.Silence) break;
            }
        }
    }

    private static IReadOnlyList<RunDelta> RestOf(RunWatcher watcher, ShownEvent happened)
    {
        if (!happened.EndsStep) return [];
        using var data = JsonDocument.Parse(happened.Payload);
        return watcher.Rest(
            data.RootElement.GetProperty("step").GetString()!, data.RootElement.GetProperty("occurrence").GetInt32());
    }

    /// <summary>A run that is being followed.</summary>
    internal sealed class Following(RunFollower follower, RunWatcher watcher, int after) : IDisposable
    {
        /// <summary>What there is to tell, from the place on; once.</summary>
        public IAsyncEnumerable<RunNews> NewsAsync(CancellationToken cancellationToken) =>
            follower.NewsAsync(watcher, after, cancellationToken);

        public void Dispose() => watcher.Dispose();
    }
}

/// <summary>What a watcher of a run is told.</summary>
internal abstract record RunNews
{
    /// <summary>An event of the journal.</summary>
    public sealed record Happened(ShownEvent Event) : RunNews;

    /// <summary>Text of a step while it is being made.</summary>
    public sealed record Delta(RunDelta Text) : RunNews;

    /// <summary>What was read has been told; what is written to the watcher may be sent.</summary>
    public sealed record CaughtUp : RunNews
    {
        public static CaughtUp Instance { get; } = new();
    }

    /// <summary>Nothing has happened for a while.</summary>
    public sealed record Silence : RunNews
    {
        public static Silence Instance { get; } = new();
    }
}
