namespace CodexOS.Testing.Chaos;

/// <summary>What a campaign does.</summary>
internal sealed record ChaosOptions
{
    /// <summary>How long mishaps happen; afterwards everything must come to its end.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>With this many kills they end sooner.</summary>
    public int KillsMax { get; init; } = int.MaxValue;

    /// <summary>Decides which mishaps come in which order with which pauses, and what the runs are.</summary>
    public required int Seed { get; init; }

    /// <summary>Whole servers, or only the engine on the platform, which starts in a fraction of the time.</summary>
    public bool Whole { get; init; }

    /// <summary>How long runs may take to come to their end once the mishaps are over.</summary>
    public TimeSpan DrainMax { get; init; } = TimeSpan.FromMinutes(3);

    /// <summary>What is put under stress, side by side.</summary>
    public required IReadOnlyList<SystemOptions> Systems { get; init; }

    /// <summary>Where logs of the servers are kept.</summary>
    public required string LogDirectory { get; init; }
}

/// <summary>One database with its servers.</summary>
/// <param name="Name">For the report.</param>
/// <param name="Postgres">On PostgreSQL, or on SQLite.</param>
/// <param name="Nodes">How many servers work on it.</param>
/// <param name="RunsOpen">How many runs are under way at once.</param>
internal sealed record SystemOptions(string Name, bool Postgres, int Nodes, int RunsOpen)
{
    /// <summary>On a disk that is full at times.</summary>
    public bool SmallDisk { get; init; }

    /// <summary>Whether commits wait for the disk. The death of a process loses nothing either way.</summary>
    public bool Durable { get; init; }

    /// <summary>How long the pauses between mishaps are, as a multiple of a second and a half on average.</summary>
    public double Pace { get; init; } = 1;
}
