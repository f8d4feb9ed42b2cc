namespace CodexOS.Testing.Chaos;

/// <summary>What can go wrong.</summary>
internal enum MishapKind
{
    /// <summary>A server is killed some time after it was ready.</summary>
    Kill,

    /// <summary>A server is killed while it starts.</summary>
    KillAtStart,

    /// <summary>A server is killed while SQLite copies its log back.</summary>
    KillAtCheckpoint,

    /// <summary>All servers of a database are killed at once, and PostgreSQL with them.</summary>
    KillAll,

    /// <summary>A server stands still for seconds and goes on.</summary>
    Stop,

    /// <summary>The disk is full for seconds.</summary>
    DiskFull,

    /// <summary>A server's wall clock jumps.</summary>
    ClockJump,

    /// <summary>PostgreSQL is shut down and started.</summary>
    PostgresFast,

    /// <summary>PostgreSQL is shut down without a checkpoint, and recovers.</summary>
    PostgresImmediate,

    /// <summary>PostgreSQL's postmaster is killed.</summary>
    PostgresKill,

    /// <summary>PostgreSQL's connections are terminated.</summary>
    Terminate,

    /// <summary>A commit takes place and its answer is lost with the connection.</summary>
    LostAnswer,
}

/// <summary>One thing that goes wrong.</summary>
/// <param name="Kind">What.</param>
/// <param name="Pause">How long to wait before it.</param>
/// <param name="Node">Which server.</param>
/// <param name="Lasts">How long it lasts, or how far a clock jumps.</param>
internal sealed record Mishap(MishapKind Kind, TimeSpan Pause, int Node, TimeSpan Lasts);

/// <summary>The order of mishaps, their pauses and their lengths: the same for the same seed and system.</summary>
internal sealed class MishapPlan(SystemOptions system, int seed)
{
    private static readonly TimeSpan s_farthest = TimeSpan.FromHours(2);

    private readonly Random _random = new(HashCode(system.Name, seed));

    private readonly (MishapKind Kind, int Weight)[] _kinds =
    [
        (MishapKind.Kill, 45),
        (MishapKind.KillAtStart, 22),
        (MishapKind.Stop, 5),
        (MishapKind.ClockJump, 5),
        (MishapKind.KillAtCheckpoint, system.Postgres ? 0 : 8),
        (MishapKind.DiskFull, system.SmallDisk ? 5 : 0),
        (MishapKind.KillAll, system.Postgres ? 4 : 0),
        (MishapKind.PostgresFast, system.Postgres ? 2 : 0),
        (MishapKind.PostgresImmediate, system.Postgres ? 3 : 0),
        (MishapKind.PostgresKill, system.Postgres ? 3 : 0),
        (MishapKind.Terminate, system.Postgres ? 4 : 0),
        (MishapKind.LostAnswer, system.Postgres ? 12 : 0),
    ];

    public Mishap Next()
    {
        // Every mishap draws the same numbers, so that the order does not depend on what came before.
        var (choice, pause, node, length, far) =
            (_random.Next(_kinds.Sum(kind => kind.Weight)), _random.NextDouble(), _random.Next(system.Nodes),
                _random.NextDouble(), _random.NextDouble());
        var at = 0;
        while (choice >= _kinds[at].Weight) choice -= _kinds[at++].Weight;
        var kind = _kinds[at].Kind;
        // Most pauses are short and a few are long, so that runs are hit in every part of their life.
        var wait = TimeSpan.FromSeconds(Math.Min(6, -Math.Log(1 - pause) * 1.5) * system.Pace);
        return new Mishap(kind, wait, node, kind switch
        {
            MishapKind.KillAtStart => TimeSpan.FromMilliseconds(length * 1_500),
            MishapKind.Stop => TimeSpan.FromSeconds(0.5 + (length * 4)),
            MishapKind.DiskFull => TimeSpan.FromSeconds(0.5 + (length * 3)),
            // Seconds mostly, as a clock that is set does; hours now and then, as a machine that slept does.
            MishapKind.ClockJump => (length - 0.5) * (far < 0.8 ? TimeSpan.FromSeconds(20) : 2 * s_farthest),
            MishapKind.PostgresFast or MishapKind.PostgresImmediate or MishapKind.PostgresKill or MishapKind.KillAll =>
                TimeSpan.FromSeconds(length * 2),
            _ => TimeSpan.Zero,
        });
    }

    // The hash of strings that .NET gives differs from process to process.
    private static int HashCode(string name, int seed) => name.Aggregate(seed, (hash, letter) => (hash * 31) + letter);
}
