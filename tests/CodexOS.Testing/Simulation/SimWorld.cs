using System.Globalization;

namespace CodexOS.Testing.Simulation;

/// <summary>
/// One thread, one clock that jumps, and a seed that decides what happens next: whatever is ready may go on, in any
/// order, and time passes when nothing is. The same seed gives the same schedule.
/// </summary>
internal sealed class SimWorld(int seed, TextWriter? trace)
{
    // A schedule takes one to twenty thousand pieces of work; one that takes so many goes round in a circle.
    private const long StepsMax = 1_000_000;

    private readonly Random _random = new(seed);
    private readonly List<(SimProcess Process, Task Task)> _ready = [];
    private readonly PriorityQueue<(SimTimer Timer, int Version), (long Due, long Number)> _timers = new();
    private readonly int _thread = Environment.CurrentManagedThreadId;
    private long _number;

    /// <summary>When it all began.</summary>
    public static DateTimeOffset Began { get; } = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>What is outside of every node: the network, the database, the world that effects reach. It never fails.</summary>
    public SimProcess Outside => field ??= new SimProcess(this, "world");

    /// <summary>How long it has gone on.</summary>
    public TimeSpan Elapsed { get; private set; }

    /// <summary>The process that goes on at present.</summary>
    public SimProcess? Running { get; private set; }

    /// <summary>What no world may do, or null: something left this thread, or there was no end of work.</summary>
    public string? Leak { get; private set; }

    /// <summary>How many pieces of work were done.</summary>
    public long StepsCount { get; private set; }

    /// <summary>A number that two schedules share only if they went the same way.</summary>
    public long Digest { get; private set; } = 17;

    /// <summary>Whether anybody reads what happens.</summary>
    public bool Traced => trace is not null;

    /// <summary>True so many times in a thousand.</summary>
    public bool Chance(int permille) => permille > 0 && _random.Next(1_000) < permille;

    /// <summary>A number from 0 to below a bound.</summary>
    public int Next(int bound) => _random.Next(bound);

    /// <summary>One of several.</summary>
    public T Pick<T>(IReadOnlyList<T> from) => from[_random.Next(from.Count)];

    /// <summary>A time span of up to so many milliseconds.</summary>
    public TimeSpan Moment(int millisecondsMax) => TimeSpan.FromMilliseconds(_random.Next(millisecondsMax + 1));

    /// <summary>Writes a line of the trace.</summary>
    public void Say(string line) => trace?.WriteLine(
        string.Create(CultureInfo.InvariantCulture, $"{Elapsed.TotalMilliseconds,9:0} {line}"));

    /// <summary>Does something outside of every node, some time later.</summary>
    public void After(TimeSpan delay, Action action)
    {
        if (delay <= TimeSpan.Zero) new Task(action).Start(Outside);
        else new SimTimer(Outside, action).Change(delay, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Goes on until a time, or until nothing can happen any more.</summary>
    public void RunFor(TimeSpan time, Func<bool> until)
    {
        var end = Elapsed + time;
        while (!until() && Step(end))
        {
            if (StepsCount > StepsMax) Leak ??= $"It does not come to rest: {StepsCount} pieces of work at {Elapsed}.";
        }
    }

    internal void Ready(SimProcess process, Task task)
    {
        if (Environment.CurrentManagedThreadId != _thread)
            Leak ??= $"Something went on outside of the simulation's thread: {Environment.StackTrace}";
        else
            _ready.Add((process, task));
    }

    internal void Arm(SimTimer timer, int version, TimeSpan due) =>
        _timers.Enqueue((timer, version), ((Elapsed + due).Ticks, _number++));

    private bool Step(TimeSpan end)
    {
        // Now and then the clock goes on while there is still something to do: a busy process is late.
        if (_ready.Count == 0 || (_timers.Count > 0 && Chance(10)))
        {
            if (!_timers.TryPeek(out var armed, out var when)) return false;
            if (when.Due > end.Ticks && _ready.Count == 0)
            {
                Elapsed = end;
                return false;
            }

            if (when.Due <= end.Ticks)
            {
                _timers.Dequeue();
                if (when.Due > Elapsed.Ticks) Elapsed = TimeSpan.FromTicks(when.Due);
                armed.Timer.Fire(armed.Version);
                return true;
            }
        }

        var index = _random.Next(_ready.Count);
        var (process, task) = _ready[index];
        _ready[index] = _ready[^1];
        _ready.RemoveAt(_ready.Count - 1);
        Digest = (Digest * 31) + index + (_ready.Count * 7L) + Elapsed.Ticks;
        StepsCount++;
        Running = process;
        process.Go(task);
        Running = null;
        return true;
    }
}

/// <summary>
/// A process of the simulation: everything that it awaits goes on here. It can be frozen in the middle of anything and go
/// on later, and it can end, which loses for ever what it had not written down elsewhere.
/// </summary>
internal sealed class SimProcess(SimWorld world, string name) : TaskScheduler
{
    private readonly List<Task> _held = [];

    public string Name => name;

    public SimWorld World => world;

    public bool Alive { get; private set; } = true;

    public bool Frozen { get; private set; }

    public override int MaximumConcurrencyLevel => 1;

    /// <summary>Runs something here.</summary>
    public Task Do(Func<Task> work) => Task.Factory.StartNew(
        work, CancellationToken.None, TaskCreationOptions.DenyChildAttach, this).Unwrap();

    public void Crash() => Alive = false;

    public void Freeze() => Frozen = true;

    public void Thaw()
    {
        Frozen = false;
        foreach (var task in _held) world.Ready(this, task);
        _held.Clear();
    }

    internal void Go(Task task)
    {
        if (!Alive) return;
        if (Frozen) _held.Add(task);
        else TryExecuteTask(task);
    }

    protected override void QueueTask(Task task)
    {
        if (Alive) world.Ready(this, task);
    }

    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) =>
        !taskWasPreviouslyQueued && Alive && !Frozen && world.Running == this && TryExecuteTask(task);

    protected override IEnumerable<Task> GetScheduledTasks() => _held;
}

/// <summary>The clock of one process; nodes never agree quite on the time.</summary>
internal sealed class SimClock(SimProcess process, TimeSpan skew) : TimeProvider
{
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => SimWorld.Began + process.World.Elapsed + skew;

    public override long GetTimestamp() => process.World.Elapsed.Ticks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new SimTimer(process, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }
}

/// <summary>A timer that fires on its process.</summary>
internal sealed class SimTimer(SimProcess process, Action callback) : ITimer
{
    private int _version;
    private TimeSpan _period;

    public bool Change(TimeSpan dueTime, TimeSpan period)
    {
        _version++;
        _period = period;
        if (dueTime >= TimeSpan.Zero) process.World.Arm(this, _version, dueTime);
        return true;
    }

    public void Dispose() => _version++;

    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }

    internal void Fire(int version)
    {
        if (version != _version || !process.Alive) return;
        if (_period > TimeSpan.Zero) process.World.Arm(this, version, _period);
        // What was armed may have been called off while it waited for its process.
        new Task(() => { if (version == _version) callback(); }).Start(process);
    }
}
