using CodexOS.Runs.Contracts;

namespace CodexOS.Runs.Execution;

/// <summary>A run's mailbox somewhere in the cluster: placement and one-at-a-time delivery.</summary>
internal interface IRunGrain : IRunMailbox, IGrainWithGuidKey
{
    /// <summary>
    /// Takes the run over from a process that is about to stop. False if the call has arrived in such a process again.
    /// </summary>
    Task<bool> TakeOverAsync();
}

/// <summary>Mailboxes that the cluster places.</summary>
internal sealed class GrainMailboxes(IGrainFactory grains) : IRunMailboxes
{
    public IRunMailbox Of(RunId run) => grains.GetGrain<IRunGrain>(run.Value);
}
