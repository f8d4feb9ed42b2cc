using CodexOS.Sandbox.Contracts;
using CodexOS.Sandbox.Native;
using Microsoft.Win32.SafeHandles;

namespace CodexOS.Sandbox.Execution;

/// <summary>Starts sandboxes with bubblewrap.</summary>
internal sealed class BubblewrapLaunch(LaunchSettings settings) : ILaunch
{
    public string Driver => "bubblewrap";

    public LaunchedChain Start(
        SandboxCommand command, ControlGroupSlot? slot, bool isKept, IReadOnlyList<SafeFileHandle> ends)
    {
        var stage = settings.StageFor(command.Folder);
        using var options = Descriptors.FileOf(LaunchPlan.BubblewrapOptions(settings, command, stage ?? command.Folder));
        using var passwd = Descriptors.FileOf(LaunchPlan.Passwd);
        using var group = Descriptors.FileOf(LaunchPlan.Group);
        using var filter = Descriptors.FileOf(SystemCallFilter.Program);
        var arguments = LaunchPlan.Arguments(settings, command, slot?.JoinFiles ?? [], stage, isKept);
        return new Chain(
            ChildProcess.Start(arguments[0], arguments, LaunchPlan.Environment, [.. ends, options, passwd, group, filter]));
    }

    public void Dispose()
    {
        // Bubblewrap leaves nothing behind.
    }

    private sealed class Chain(ChildProcess process) : LaunchedChain(process)
    {
        public override int? FindTop(SandboxStatus status) => status.Child;

        public override SafeFileHandle? OpenNetwork(int top) => ChildProcess.OpenHandle(top);

        public override int? ExitCode(SandboxStatus status, int? chainExitCode, bool isStarted) => status.ExitCode;
    }
}
