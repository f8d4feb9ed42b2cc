using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;

namespace CodexOS.Testing.Chaos;

/// <summary>
/// One database with its servers, the runs that are fed to them, and everything that goes wrong. It starts runs without
/// a pause, looks at all that are open, decides what is in doubt, and remembers whatever should not be.
/// </summary>
internal sealed class ChaosSystem : IAsyncDisposable
{
    private const int Feeders = 3;
    private const int LookersMax = 4;
    private static readonly TimeSpan s_lookInterval = TimeSpan.FromMilliseconds(200);

    private readonly TimeProvider _time = TimeProvider.System;
    private readonly HttpClient _client = new() { Timeout = TimeSpan.FromSeconds(15) };
    private readonly Lock _gate = new();
    private readonly RunScript _script;
    private readonly ConcurrentQueue<(string Key, object Input)> _unanswered = new();
    private readonly ConcurrentDictionary<string, int> _open = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, RunHistory> _ended = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<string> _violations = new();
    private int _decided;

    private ChaosSystem(SystemOptions options, int seed, Stage stage)
    {
        (Options, Stage) = (options, stage);
        _script = new RunScript(options.Name, seed);
        Mishaps = new Mishaps(this, seed);
    }

    public SystemOptions Options { get; }

    public Stage Stage { get; }

    public Mishaps Mishaps { get; }

    /// <summary>Runs that were acknowledged and have not ended.</summary>
    public int Open => _open.Count;

    public IReadOnlyDictionary<string, RunHistory> Ended => _ended;

    public IReadOnlyCollection<string> Violations => _violations;

    /// <summary>How many steps in doubt the campaign has decided.</summary>
    public int Decided => _decided;

    public static async Task<ChaosSystem> StartAsync(
        SystemOptions options, ChaosOptions campaign, CancellationToken cancellationToken)
    {
        var system = new ChaosSystem(
            options, campaign.Seed, await Stage.StartAsync(options, campaign, cancellationToken));
        foreach (var node in system.Stage.Nodes) node.Start();
        return system;
    }

    /// <summary>Feeds runs and lets mishaps happen until it is cancelled.</summary>
    public async Task StressAsync(CancellationToken until)
    {
        List<Task> tasks = [Mishaps.HappenAsync(until), WatchAsync(until)];
        for (var i = 0; i < Feeders; i++) tasks.Add(FeedAsync(feedsNew: true, until));
        await Task.WhenAll(tasks);
    }

    /// <summary>With nothing going wrong any more, every run must end; then everything is held against everything.</summary>
    public async Task DrainAsync(TimeSpan limit, CancellationToken cancellationToken)
    {
        await Mishaps.EndAsync(cancellationToken);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        over.CancelAfter(limit);
        Task[] tasks = [WatchAsync(over.Token), FeedAsync(feedsNew: false, over.Token)];
        while (!over.IsCancellationRequested && (!_open.IsEmpty || !_unanswered.IsEmpty)) await PauseAsync(50, over.Token);
        await over.CancelAsync();
        await Task.WhenAll(tasks);
        foreach (var run in _open.Keys)
            Violation(run, "it did not end", await HistoryAsync(run, cancellationToken).ConfigureAwait(false));
        if (!_unanswered.IsEmpty) _violations.Enqueue($"{Options.Name}: {_unanswered.Count} starts were never acknowledged");
        await Stage.EndNodesAsync();
        await CheckAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await Stage.DisposeAsync();
        _client.Dispose();
    }

    private async Task FeedAsync(bool feedsNew, CancellationToken until)
    {
        while (!until.IsCancellationRequested)
        {
            (string Key, object Input) next;
            if (!_unanswered.TryDequeue(out next))
            {
                if (!feedsNew || _open.Count >= Options.RunsOpen)
                {
                    await PauseAsync(30, until);
                    continue;
                }

                lock (_gate) next = _script.Next();
            }

            // Whether a start without an answer took place is not known: it is asked again with the same key.
            if (await TryStartAsync(next.Key, next.Input, until)) continue;
            _unanswered.Enqueue(next);
            await PauseAsync(100, until);
        }
    }

    private async Task<bool> TryStartAsync(string key, object input, CancellationToken cancellationToken)
    {
        if (Stage.Live() is not { } url) return false;
        try
        {
            using var answer = await _client.PostAsJsonAsync(new Uri(url, "/chaos/runs"), new { key, input }, cancellationToken);
            if (answer.StatusCode is not HttpStatusCode.OK) return false;
            _open.TryAdd(await answer.Content.ReadAsStringAsync(cancellationToken), 0);
            return true;
        }
        catch (Exception gone) when (IsGone(gone))
        {
            return false;
        }
    }

    private async Task WatchAsync(CancellationToken until)
    {
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = LookersMax };
        while (!until.IsCancellationRequested)
        {
            await Parallel.ForEachAsync(_open.Keys, parallel, async (run, _) =>
            {
                try
                {
                    if (Stage.Live() is { } url && !until.IsCancellationRequested) await LookAsync(url, run, until);
                }
                catch (Exception gone) when (IsGone(gone))
                {
                    // Another look follows.
                }
            });
            await PauseAsync((int)s_lookInterval.TotalMilliseconds, until);
        }
    }

    private async Task LookAsync(Uri url, string run, CancellationToken cancellationToken)
    {
        using var answer = await _client.GetAsync(new Uri(url, $"/api/v1/runs/{run}"), cancellationToken);
        if (answer.StatusCode is HttpStatusCode.NotFound)
        {
            Violation(run, "an acknowledged run is lost", null);
            _open.TryRemove(run, out _);
            return;
        }

        if (!answer.IsSuccessStatusCode) return;
        var shown = await answer.Content.ReadFromJsonAsync<JsonElement>(cancellationToken);
        var head = shown.GetProperty("headSeq").GetInt32();
        if (_open.TryGetValue(run, out var seen) && head < seen)
            Violation(run, $"event {seen} was there and is lost; the head is {head}", null);
        _open.TryUpdate(run, Math.Max(head, seen), seen);
        switch (shown.GetProperty("status").GetString())
        {
            case "inDoubt":
                await DecideAsync(url, run, cancellationToken);
                break;
            case "completed" or "failed" or "cancelled":
                if (await HistoryAsync(run, cancellationToken) is not { Ended: true } history) return;
                foreach (var wrong in history.Violations()) Violation(run, wrong, history);
                if (history.Events[^1].Kind != "run.completed") Violation(run, "it ended without completing", history);
                _ended[run] = history;
                _open.TryRemove(run, out _);
                break;
        }
    }

    /// <summary>Decides by the API, as a person would: half of the doubts one way, half the other.</summary>
    private async Task DecideAsync(Uri url, string run, CancellationToken cancellationToken)
    {
        if (await HistoryAsync(run, cancellationToken) is not { } history) return;
        foreach (var (step, occurrence) in history.InDoubt())
        {
            var outcome = (run[^1] + step[^1] + occurrence) % 2 == 0 ? "retry" : "failed";
            using var answer = await _client.PostAsJsonAsync(
                new Uri(url, $"/api/v1/runs/{run}/steps/{step}/resolve"),
                new { occurrence, outcome, note = "Decided by the campaign." },
                cancellationToken);
            if (answer.IsSuccessStatusCode) Interlocked.Increment(ref _decided);
        }
    }

    private async Task<RunHistory?> HistoryAsync(string run, CancellationToken cancellationToken)
    {
        try
        {
            if (Stage.Live() is not { } url) return null;
            var page = await _client.GetFromJsonAsync<JsonElement>(
                new Uri(url, $"/api/v1/runs/{run}/events?limit=1000"), cancellationToken);
            return new RunHistory(run, [.. RunHistory.Read(page.GetProperty("items"))]);
        }
        catch (Exception gone) when (IsGone(gone))
        {
            return null;
        }
    }

    private async Task CheckAsync(CancellationToken cancellationToken)
    {
        var rows = await JournalRows.ReadAsync(Stage.ConnectionString, Options.Postgres, cancellationToken);
        foreach (var (run, history) in _ended)
        {
            if (!rows.TryGetValue(run, out var events))
            {
                Violation(run, "an acknowledged run is not in the table", history);
                continue;
            }

            if (events.Count != history.Events.Count)
                Violation(run, $"it ended with {history.Events.Count} events and has {events.Count} now", history);
            foreach (var wrong in JournalRows.Violations(events)) Violation(run, wrong, history);
            foreach (var wrong in history.Violations(Stage.Ledger.Entries)) Violation(run, wrong, history);
        }

        foreach (var (run, wrong) in LedgerChecks.Violations(Stage.Ledger.Entries, _ended, Options.Nodes == 1))
            Violation(run, wrong, _ended.GetValueOrDefault(run));
    }

    private void Violation(string run, string what, RunHistory? history) => _violations.Enqueue(
        $"{Options.Name} {run}: {what}{(history is null ? "" : Environment.NewLine + history)}");

    private Task PauseAsync(int ms, CancellationToken until) =>
        Task.Delay(TimeSpan.FromMilliseconds(ms), _time, until).ContinueWith(
            _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);

    /// <summary>
    /// Whether a call failed because the server went away. A server that dies right after it accepted a connection makes the
    /// client throw the socket's exception as it is.
    /// </summary>
    public static bool IsGone(Exception error) =>
        error is HttpRequestException or OperationCanceledException or IOException or SocketException or JsonException;
}
