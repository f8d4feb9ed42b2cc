using System.Collections.Concurrent;
using System.Data.Common;
using System.Threading.Channels;
using CodexOS.Platform.Modules;
using CodexOS.Platform.Storage;
using CodexOS.Runs.Cluster;
using CodexOS.Runs.Contracts;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace CodexOS.Runs.Watching;

/// <summary>
/// Tells watchers on other nodes what happens in the runs that they watch. A node says which runs are watched on it, again
/// and again; those that drive runs remember that for a while, and send hints and text for these runs only, gathered in
/// a loop beside the journal. An append costs one look into a small table.
/// </summary>
/// <remarks>
/// Watchers read events from the journal, so a lost hint is only late: while the bus is down, watchers look at the journal
/// by themselves, and when it is back, all do once. Text that was dropped or lost is never made up for.
/// </remarks>
internal sealed partial class RunRelay : BackgroundService, IRunRelay
{
    private const int InterestsMax = 20_000;
    private const int HintsMax = 20_000;
    private static readonly TimeSpan s_interestSaidEvery = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_interestKept = TimeSpan.FromSeconds(16);

    private readonly ClusterBus _bus;
    private readonly RunFeed _feed;
    private readonly Node _self;
    private readonly ProcessRoles _roles;
    private readonly NodeOptions _options;
    private readonly TimeProvider _clock;
    private readonly ILogger<RunRelay> _log;
    private readonly bool _isAlone;

    private readonly ConcurrentDictionary<RunId, long> _interests = new();
    private readonly ConcurrentDictionary<RunId, int> _hints = new();
    private readonly ConcurrentDictionary<RunId, bool> _watching = new();
    private readonly ConcurrentQueue<NewsItem> _texts = new();
    private readonly Channel<bool> _work = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    private int _textBytes;

    public RunRelay(
        ClusterBus bus, RunFeed feed, Node self, ProcessRoles roles, NodeOptions options, Database database,
        TimeProvider clock, ILogger<RunRelay> log)
    {
        (_bus, _feed, _self, _roles, _options, _clock, _log) = (bus, feed, self, roles, options, clock, log);
        _isAlone = database.Dialect is SqlDialect.Sqlite;
        if (_isAlone) return;
        feed.Relay = this;
        bus.Listen(Hear, Joined);
    }

    public void Appended(RunId run, int headSeq)
    {
        if (!_interests.ContainsKey(run)) return;
        _hints[run] = headSeq;
        Wake();
    }

    public void Text(RunId run, string step, int occurrence, int offset, string piece)
    {
        if (!_interests.ContainsKey(run)) return;
        var bytes = 2 * (step.Length + piece.Length);
        if (Interlocked.Add(ref _textBytes, bytes) > _options.NewsBytesMax)
        {
            Interlocked.Add(ref _textBytes, -bytes);
            return;
        }

        _texts.Enqueue(new NewsItem.Text(run, step, occurrence, offset, piece));
        Wake();
    }

    public void TextEnded(RunId run, string step, int occurrence)
    {
        if (!_interests.ContainsKey(run) || _texts.Count > HintsMax) return;
        _texts.Enqueue(new NewsItem.TextEnd(run, step, occurrence));
        Wake();
    }

    public void Watching(RunId run)
    {
        _watching[run] = true;
        Wake();
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        _isAlone ? Task.CompletedTask : Task.WhenAll(SendAsync(stoppingToken), RemindAsync(stoppingToken));

    private void Wake() => _work.Writer.TryWrite(true);

    /// <summary>Sends what has gathered, and lets more gather meanwhile.</summary>
    private async Task SendAsync(CancellationToken stoppingToken)
    {
        while (await _work.Reader.WaitToReadAsync(stoppingToken))
        {
            _work.Reader.TryRead(out _);
            var news = Take();
            try
            {
                await _bus.SendAsync(NewsText.Write(_self.Silo, news), stoppingToken);
                await Task.Delay(_options.NewsInterval, _clock, stoppingToken);
            }
            catch (Exception error) when (error is DbException or IOException or TimeoutException)
            {
                LogNotSent(error, news.Count);
                foreach (var hint in news.OfType<NewsItem.Hint>()) _hints.TryAdd(hint.Run, hint.HeadSeq);
                await Task.Delay(_options.FallbackInterval, _clock, stoppingToken);
                Wake();
            }
        }
    }

    /// <summary>
    /// What is to be sent. Hints are taken first and sent last: the text of a step is there before the hint at its outcome.
    /// </summary>
    private List<NewsItem> Take()
    {
        var hints = new List<NewsItem>();
        foreach (var run in _hints.Keys)
        {
            if (_hints.TryRemove(run, out var headSeq)) hints.Add(new NewsItem.Hint(run, headSeq));
        }

        var news = new List<NewsItem>();
        foreach (var run in _watching.Keys)
        {
            if (_watching.TryRemove(run, out var isNew)) news.Add(new NewsItem.Watch(run, isNew));
        }

        while (_texts.TryDequeue(out var item))
        {
            if (item is NewsItem.Text text)
            {
                Interlocked.Add(ref _textBytes, -2 * (text.Step.Length + text.Piece.Length));
                if (news is [.., NewsItem.Text last] && last.IsFollowedBy(text))
                {
                    news[^1] = last with { Piece = last.Piece + text.Piece };
                    continue;
                }
            }

            news.Add(item);
        }

        news.AddRange(hints);
        return news;
    }

    /// <summary>
    /// Says again which runs are watched here, forgets what others no longer say, and while nothing is heard, has the
    /// watchers look by themselves.
    /// </summary>
    private async Task RemindAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(_options.FallbackInterval, _clock);
        var said = _clock.GetTimestamp();
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            if (!_bus.IsListening) _feed.HintAll();
            foreach (var (run, until) in _interests)
            {
                if (_clock.GetTimestamp() > until) _interests.TryRemove(run, out _);
            }

            if (_clock.GetElapsedTime(said) < s_interestSaidEvery) continue;
            said = _clock.GetTimestamp();
            SayAll(isNew: false);
        }
    }

    private void SayAll(bool isNew)
    {
        foreach (var run in _feed.Watched) _watching.TryAdd(run, isNew);
        Wake();
    }

    private void Joined()
    {
        SayAll(isNew: true);
        _feed.HintAll();
    }

    private void Hear(string message)
    {
        foreach (var item in NewsText.Read(message, _self.Silo))
        {
            switch (item)
            {
                case NewsItem.Watch watch when _roles.DrivesRuns && _interests.Count < InterestsMax:
                    _interests[watch.Run] =
                        _clock.GetTimestamp() + (long)(s_interestKept.TotalSeconds * _clock.TimestampFrequency);
                    // What was appended or written before this node knew is made up for at once.
                    if (!watch.IsNew) break;
                    if (_hints.Count < HintsMax) _hints.TryAdd(watch.Run, -1);
                    _feed.Retell(watch.Run);
                    Wake();
                    break;
                case NewsItem.Hint hint:
                    _feed.Hint(hint.Run, hint.HeadSeq);
                    break;
                case NewsItem.Text text:
                    _feed.Copy(text.Run, text.Step, text.Occurrence, text.Offset, text.Piece);
                    break;
                case NewsItem.TextEnd end:
                    _feed.EndCopy(end.Run, end.Step, end.Occurrence);
                    break;
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Count} news for other nodes could not be sent.")]
    private partial void LogNotSent(Exception error, int count);
}
