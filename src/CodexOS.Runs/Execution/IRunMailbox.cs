using CodexOS.Runs.Contracts;

namespace CodexOS.Runs.Execution;

/// <summary>
/// The mailbox of one run, wherever it is driven. It takes one message at a time and gives no durability: a fault comes
/// back as JSON, and null means that what was asked for is in the journal.
/// </summary>
internal interface IRunMailbox
{
    /// <summary>Makes the run, from a <see cref="Core.RunOpening"/>, and begins to drive it.</summary>
    Task<string?> StartAsync(string opening, DateTimeOffset at);

    /// <summary>Takes the run over if it is open and nobody here drives it.</summary>
    Task ResumeAsync();

    /// <summary>Does what a <see cref="Core.RunCommand"/> asks for.</summary>
    Task<string?> CommandAsync(string command);
}

/// <summary>Finds the mailboxes of runs.</summary>
internal interface IRunMailboxes
{
    /// <summary>The mailbox of a run.</summary>
    IRunMailbox Of(RunId run);
}
