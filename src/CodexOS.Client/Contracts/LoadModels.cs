namespace CodexOS.Client.Contracts;

/// <summary>How busy the engine is.</summary>
/// <param name="Pools">The pools of the process that answered.</param>
/// <param name="Runs">The tenant's runs by status; statuses without a run are left out.</param>
/// <param name="StepsPerSecond">Steps of the tenant per second, lately.</param>
/// <param name="StepsPerSecondAll">The same of all tenants.</param>
/// <param name="ActiveRuns">The tenant's runs that are worked on.</param>
/// <param name="ActiveRunsMax">How many there may be before further starts are refused.</param>
public sealed record RunsLoad(
    IReadOnlyList<PoolLoad> Pools,
    IReadOnlyList<StatusCount> Runs,
    double StepsPerSecond,
    double StepsPerSecondAll,
    int ActiveRuns,
    int ActiveRunsMax);

/// <summary>How full a pool is.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Size">How many steps are performed in it at once.</param>
/// <param name="InUse">How many are.</param>
/// <param name="Waiting">How many wait for a place.</param>
/// <param name="OwnInUse">How many of the tenant are performed.</param>
/// <param name="OwnWaiting">How many of the tenant wait.</param>
public sealed record PoolLoad(string Name, int Size, int InUse, int Waiting, int OwnInUse, int OwnWaiting);

/// <summary>How many runs have a status.</summary>
/// <param name="Status">The status.</param>
/// <param name="Count">How many.</param>
public sealed record StatusCount(RunStatus Status, int Count);
