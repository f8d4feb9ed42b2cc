using CodexOS.Client.Contracts;

namespace CodexOS.Cli.Runs;

/// <summary>What the end of a run means to the process that waited for it.</summary>
internal static class RunEnd
{
    public static int ExitCodeOf(Run run) => run.Status switch
    {
        RunStatus.Completed => 0,
        RunStatus.Cancelled => FaultKind.Cancelled.ExitCode(),
        RunStatus.Failed => (run.Fault?.Kind ?? FaultKind.Unknown).ExitCode(),
        _ => 0,
    };
}
