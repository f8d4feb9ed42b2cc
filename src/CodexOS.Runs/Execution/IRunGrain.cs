namespace CodexOS.Runs.Execution;

/// <summary>
/// The mailbox of one run, somewhere in the cluster. It gives placement and one-at-a-time delivery, never durability: a
/// fault comes back as JSON, and null means that what was asked for is in the journal.
/// </summary>
internal interface IRunGrain : IGrainWithGuidKey
{
    /// <summary>Creates the run and begins to drive it.</summary>
    Task<string?> StartAsync(string start, DateTimeOffset at);

    /// <summary>Takes the run over if it is open and nobody here drives it.</summary>
    Task ResumeAsync();

    /// <summary>
    /// The same, for a run whose process is about to stop. False if the call has arrived in such a process again.
    /// </summary>
    Task<bool> TakeOverAsync();

    /// <summary>Decides an approval.</summary>
    Task<string?> DecideAsync(Guid approval, bool approve, string argumentsHash, string by, string? note);

    /// <summary>Decides what becomes of a step in doubt.</summary>
    Task<string?> ResolveAsync(string step, int occurrence, bool retry, string by, string? note);

    /// <summary>Ends the run as soon as its steps have stopped.</summary>
    Task<string?> CancelAsync(string by, string? reason);
}
