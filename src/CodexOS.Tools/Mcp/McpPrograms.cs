using CodexOS.Platform.Faults;
using CodexOS.Platform.Ids;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace CodexOS.Tools.Mcp;

/// <summary>
/// The programs of MCP servers that are kept between the calls of a run: one for each run and connection. One that is idle,
/// or in the way of another, is ended; one that has ended is started anew by the next call.
/// </summary>
internal sealed class McpPrograms(IOptions<McpOptions> options, TimeProvider clock) : BackgroundService
{
    private const int TurnsCount = 32;

    private readonly Dictionary<McpSessionKey, Kept> _kept = [];
    private readonly Dictionary<McpSessionKey, (int Count, DateTimeOffset At)> _broken = [];
    private readonly SemaphoreSlim[] _turns = [.. Enumerable.Range(0, TurnsCount).Select(static _ => new SemaphoreSlim(1))];
    private int _starting;

    /// <summary>How many are kept.</summary>
    public int Count
    {
        get
        {
            lock (_kept) return _kept.Count;
        }
    }

    /// <summary>
    /// The program of a run and connection, started if it is not running. It is not ended before the lease is disposed.
    /// </summary>
    public async Task<Result<Lease>> TakeAsync(
        McpSessionKey key, Func<CancellationToken, Task<Result<(McpProgramChannel Channel, McpClient Client)>>> start,
        CancellationToken cancellationToken)
    {
        // One starts at a time for a run: two calls of it that come at once share the program.
        var turn = _turns[(key.GetHashCode() & int.MaxValue) % _turns.Length];
        await turn.WaitAsync(cancellationToken);
        try
        {
            if (Find(key) is { } running) return new Lease(this, running);
            if (IsGivenUp(key)) return McpFaults.GivenUp(options.Value.RestartsMax);
            if (!await ReserveAsync()) return Busy;
            try
            {
                var outcome = await start(cancellationToken);
                // Sandboxes have limits of their own; a program that nobody uses is in the way of one that is needed.
                while (!outcome.IsOk && outcome.Fault.Kind is FaultKind.Throttled && await EndOneIdleAsync(key.Tenant))
                    outcome = await start(cancellationToken);
                if (!outcome.TryGet(out var started, out var fault))
                {
                    if (fault.Kind is FaultKind.Upstream) Broke(key);
                    return fault;
                }

                var kept = new Kept(key, started.Channel, started.Client) { Uses = 1, UsedAt = clock.GetUtcNow() };
                lock (_kept) _kept[key] = kept;
                return new Lease(this, kept);
            }
            finally
            {
                lock (_kept) _starting--;
            }
        }
        finally
        {
            turn.Release();
        }
    }

    /// <inheritdoc />
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await EndAsync(static _ => true);
    }

    /// <inheritdoc />
    public override void Dispose()
    {
        foreach (var turn in _turns) turn.Dispose();
        base.Dispose();
    }

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var every = TimeSpan.FromTicks(Math.Max(TimeSpan.TicksPerMillisecond * 100, options.Value.SessionIdleMax.Ticks / 4));
        using var timer = new PeriodicTimer(every, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            await EndAsync(IsIdle);
            ForgetBroken();
        }
    }

    private bool IsIdle(Kept kept) =>
        kept.Uses == 0 && (kept.Channel.IsOver || clock.GetUtcNow() - kept.UsedAt >= options.Value.SessionIdleMax);

    private Kept? Find(McpSessionKey key)
    {
        lock (_kept)
        {
            if (!_kept.TryGetValue(key, out var kept)) return null;
            if (kept.Channel.IsOver)
            {
                _kept.Remove(key);
                CountEnd(kept);
                return null;
            }

            kept.Uses++;
            return kept;
        }
    }

    /// <summary>Counts a program that has ended by itself, whoever notices it first.</summary>
    private void CountEnd(Kept kept)
    {
        if (!kept.Channel.IsOver || kept.IsCounted) return;
        kept.IsCounted = true;
        Broke(kept.Key);
    }

    private void Broke(McpSessionKey key)
    {
        lock (_kept) _broken[key] = (_broken.GetValueOrDefault(key).Count + 1, clock.GetUtcNow());
    }

    private bool IsGivenUp(McpSessionKey key)
    {
        lock (_kept) return _broken.TryGetValue(key, out var broken) && broken.Count > options.Value.RestartsMax;
    }

    private void ForgetBroken()
    {
        lock (_kept)
        {
            var since = clock.GetUtcNow() - options.Value.SessionIdleMax;
            foreach (var (key, broken) in _broken)
            {
                if (broken.At < since) _broken.Remove(key);
            }
        }
    }

    /// <summary>Makes room for one more, if need be by ending the one that nobody has used for longest.</summary>
    private async Task<bool> ReserveAsync()
    {
        Kept? inTheWay = null;
        lock (_kept)
        {
            if (_kept.Count + _starting >= options.Value.SessionsMax)
            {
                inTheWay = _kept.Values.Where(static kept => kept.Uses == 0).MinBy(static kept => kept.UsedAt);
                if (inTheWay is null) return false;
                _kept.Remove(_kept.First(each => each.Value == inTheWay).Key);
            }

            _starting++;
        }

        if (inTheWay is not null) await inTheWay.Channel.DisposeAsync();
        return true;
    }

    /// <summary>Ends a program that nobody uses, a tenant's own first; false if all are in use.</summary>
    private async Task<bool> EndOneIdleAsync(TenantId tenant)
    {
        Kept? idle;
        lock (_kept)
        {
            var found = _kept.Where(static each => each.Value.Uses == 0)
                .OrderByDescending(each => each.Key.Tenant == tenant).ThenBy(static each => each.Value.UsedAt).FirstOrDefault();
            idle = found.Value;
            if (idle is not null) _kept.Remove(found.Key);
        }

        if (idle is null) return false;
        await idle.Channel.DisposeAsync();
        return true;
    }

    private async Task EndAsync(Func<Kept, bool> which)
    {
        List<Kept> ended;
        lock (_kept)
        {
            var keys = _kept.Where(each => which(each.Value)).Select(static each => each.Key).ToList();
            ended = keys.ConvertAll(key => _kept[key]);
            ended.ForEach(CountEnd);
            foreach (var key in keys) _kept.Remove(key);
        }

        foreach (var kept in ended) await kept.Channel.DisposeAsync();
    }

    private void GiveBack(Kept kept)
    {
        lock (_kept)
        {
            kept.Uses--;
            kept.UsedAt = clock.GetUtcNow();
            CountEnd(kept);
        }
    }

    private static Fault Busy { get; } = new(
        "mcp.busy", FaultKind.Throttled,
        "As many programs of MCP servers are running as may (Tools:Mcp:SessionsMax), and all of them are in use. Try again later.");

    /// <summary>The use of a program for one call.</summary>
    internal sealed class Lease(McpPrograms programs, Kept kept) : IDisposable
    {
        public McpClient Client => kept.Client;

        public void Dispose() => programs.GiveBack(kept);
    }

    /// <summary>A program that is running, or was.</summary>
    internal sealed class Kept(McpSessionKey key, McpProgramChannel channel, McpClient client)
    {
        public McpSessionKey Key => key;

        public McpProgramChannel Channel => channel;

        public McpClient Client => client;

        public int Uses { get; set; }

        public bool IsCounted { get; set; }

        public DateTimeOffset UsedAt { get; set; }
    }
}
