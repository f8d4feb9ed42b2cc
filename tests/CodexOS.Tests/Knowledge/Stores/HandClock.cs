using System.Threading.Channels;

namespace CodexOS.Tests.Knowledge.Stores;

/// <summary>A clock whose timers go off when the test says so, and that tells of each that is set.</summary>
internal sealed class HandClock : TimeProvider
{
    private readonly Channel<HandTimer> _timers = Channel.CreateUnbounded<HandTimer>();

    /// <summary>Waits for the next timer.</summary>
    public async Task<HandTimer> NextAsync(CancellationToken cancellationToken) =>
        await _timers.Reader.ReadAsync(cancellationToken);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new HandTimer(() => callback(state), dueTime);
        _timers.Writer.TryWrite(timer);
        return timer;
    }
}

/// <summary>A timer of it.</summary>
internal sealed class HandTimer(Action fire, TimeSpan dueTime) : ITimer
{
    public TimeSpan DueTime => dueTime;

    public void Fire() => fire();

    public bool Change(TimeSpan dueTime, TimeSpan period) => true;

    public void Dispose()
    {
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
