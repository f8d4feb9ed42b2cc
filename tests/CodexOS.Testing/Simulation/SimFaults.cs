namespace CodexOS.Testing.Simulation;

/// <summary>A bug that is put into the engine's surroundings on purpose, to see that the simulation finds it.</summary>
internal enum SimMutation
{
    /// <summary>None.</summary>
    None,

    /// <summary>The journal takes appends of former owners.</summary>
    NoFencing,

    /// <summary>The journal says that an append is durable before it is.</summary>
    AnswersBeforeCommit,

    /// <summary>Nobody is told of timers that are due and of children that have ended.</summary>
    LosesWakes,

    /// <summary>An unsafe effect says that it may be repeated.</summary>
    RepeatsUnsafe,

    /// <summary>A repeated append is not recognised by its id, as if it were another's.</summary>
    ForgetsIds,

    /// <summary>Of a group of events only the first is written.</summary>
    TearsGroups,

    /// <summary>The run's row does not follow its journal.</summary>
    ForgetsRows,

    /// <summary>A step is performed though nobody approved it.</summary>
    SkipsApprovals,
}

/// <summary>What goes wrong between the nodes and their database.</summary>
internal sealed class SimFaults(SimWorld world)
{
    private int _slow;
    private int _fails;
    private int _loses;
    private bool _down;
    private bool _full;

    /// <summary>Whether anything goes wrong at all.</summary>
    public bool On { get; private set; }

    public void Begin()
    {
        On = true;
        _slow = world.Pick([0, 50, 200, 400]);
        _fails = world.Pick([0, 0, 5, 30]);
        _loses = world.Pick([0, 0, 5, 30]);
    }

    public void End() => (On, _down, _full, _slow) = (false, false, false, 50);

    public void Break(bool full)
    {
        (_down, _full) = (!full, full);
        world.Say(full ? "database: the disk is full" : "database: down");
    }

    public void Mend()
    {
        (_down, _full) = (false, false);
        world.Say("database: works again");
    }

    public TimeSpan Latency() => world.Chance(_slow) ? world.Moment(20) : TimeSpan.Zero;

    /// <summary>Why a statement takes no effect, or null.</summary>
    public Exception? Outage(bool writes)
    {
        if (!On) return null;
        if (_down || (writes && world.Chance(_fails))) return new IOException("The database does not answer.");
        return _full && writes ? new IOException("No space left on device", 28) : null;
    }

    /// <summary>Whether a statement that took effect looks as if it had not.</summary>
    public bool LosesAnswer() => On && world.Chance(_loses);
}
