using System.Globalization;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace CodexOS.Limits;

/// <summary>
/// Counts in Redis, for all nodes together: one script a request, which Redis executes as a whole and by its own clock, so
/// nodes neither race nor need the same time. While Redis does not answer, each node counts for itself.
/// </summary>
internal sealed partial class RedisRateCounter(
    LocalRateCounter local, IOptions<RateLimitOptions> options, TimeProvider clock, ILogger<RedisRateCounter> log)
    : IRateCounter, IAsyncDisposable
{
    // Numbers are whole microseconds; Lua would print large ones rounded, so they are written out.
    private const string Script =
        """
        local time = redis.call('TIME')
        local now = time[1] * 1000000 + time[2]
        local wait, which, taken = 0, 0, {}
        for i, key in ipairs(KEYS) do
            local interval, burst = tonumber(ARGV[2 * i - 1]), tonumber(ARGV[2 * i])
            local untilTime = tonumber(redis.call('GET', key) or '0')
            if untilTime < now then untilTime = now end
            local over = untilTime + interval - burst - now
            if over > wait then wait, which = over, i end
            taken[i] = untilTime + interval
        end
        if which > 0 then return {which, string.format('%.0f', wait)} end
        for i, key in ipairs(KEYS) do
            redis.call('SET', key, string.format('%.0f', taken[i]), 'PX', math.ceil((taken[i] - now) / 1000))
        end
        return {0, '0'}
        """;

    private readonly SemaphoreSlim _connecting = new(1);
    private ConnectionMultiplexer? _redis;
    private long _askAgainAt;

    public async ValueTask<RateRefusal?> TakeAsync(IReadOnlyList<RateUse> uses, CancellationToken cancellationToken)
    {
        if (uses.Count == 0) return null;
        if (clock.GetUtcNow().Ticks < Interlocked.Read(ref _askAgainAt)) return local.Take(uses);
        try
        {
            var redis = _redis ?? await ConnectAsync(cancellationToken);
            return await AskAsync(redis.GetDatabase(), uses).WaitAsync(options.Value.RedisTimeout, clock, cancellationToken);
        }
        catch (Exception error) when (error is RedisException or TimeoutException or ObjectDisposedException)
        {
            var again = (clock.GetUtcNow() + options.Value.RedisRetryAfter).Ticks;
            if (Interlocked.Exchange(ref _askAgainAt, again) < clock.GetUtcNow().Ticks) LogAlone(error);
            return local.Take(uses);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_redis is not null) await _redis.DisposeAsync();
        _connecting.Dispose();
    }

    private static async Task<RateRefusal?> AskAsync(IDatabase redis, IReadOnlyList<RateUse> uses)
    {
        var keys = new RedisKey[uses.Count];
        var values = new RedisValue[uses.Count * 2];
        for (var i = 0; i < uses.Count; i++)
        {
            // The braces keep the keys of a script in one place of a Redis cluster.
            keys[i] = string.Create(
                CultureInfo.InvariantCulture, $"{{codexos}}:rate:{(int)uses[i].Subject}:{uses[i].Id:x32}");
            values[2 * i] = uses[i].IntervalUs;
            values[(2 * i) + 1] = uses[i].BurstUs;
        }

        var answer = (RedisResult[])(await redis.ScriptEvaluateAsync(Script, keys, values))!;
        var which = (int)answer[0];
        return which == 0
            ? null
            : new RateRefusal(
                uses[which - 1].Subject,
                TimeSpan.FromMicroseconds(double.Parse((string)answer[1]!, CultureInfo.InvariantCulture)));
    }

    private async Task<ConnectionMultiplexer> ConnectAsync(CancellationToken cancellationToken)
    {
        await _connecting.WaitAsync(cancellationToken);
        try
        {
            if (_redis is not null) return _redis;
            var given = ConfigurationOptions.Parse(options.Value.Redis!);
            given.ClientName = "codexos";
            // Its own reconnecting goes on behind; requests are not kept waiting for it.
            given.AbortOnConnectFail = false;
            given.ConnectTimeout = (int)options.Value.RedisTimeout.TotalMilliseconds;
            given.BacklogPolicy = BacklogPolicy.FailFast;
            return _redis = await ConnectionMultiplexer.ConnectAsync(given);
        }
        finally
        {
            _connecting.Release();
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Redis does not answer; this node counts requests for itself meanwhile.")]
    private partial void LogAlone(Exception error);
}
