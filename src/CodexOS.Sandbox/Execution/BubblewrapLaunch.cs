using CodexOS.Sandbox.Contracts;
using CodexOS.Sandbox.Native;
using Microsoft.Win32.SafeHandles;

namespace CodexOS.Sandbox.Execution;

/// <summary>Starts sandboxes with bubblewrap.</summary>
/// <param name="settings">What of the launch does not depend on the command.</param>
/// <param name="etc">What programs see as <c>/etc</c>; null to mount each file by itself.</param>
internal sealed class BubblewrapLaunch(LaunchSettings settings, EtcFolder? etc) : ILaunch
{
    public string Driver => "bubblewrap";

    public LaunchedChain Start(
        SandboxCommand command, ControlGroupSlot? slot, bool isKept, IReadOnlyList<SafeFileHandle> ends)
    {
        var stage = settings.StageFor(command);
        var (options, optionsWrite) = Descriptors.Pipe();
        using var optionsRead = options;
        using var optionsEnd = optionsWrite;
        using var filter = Descriptors.FileOf(SystemCallFilter.Program);
        using var passwd = etc is null ? Descriptors.FileOf(LaunchPlan.Passwd) : null;
        using var group = etc is null ? Descriptors.FileOf(LaunchPlan.Group) : null;
        SafeFileHandle[] users = passwd is null || group is null ? [] : [passwd, group];
        var arguments = LaunchPlan.Arguments(settings, command, stage, isKept);
        var process = ChildProcess.Start(
            arguments[0],
            arguments,
            LaunchPlan.Environment,
            [.. ends, optionsRead, filter, .. users],
            settings.SpawnsAsUser(stage) ? command.User : null);
        try
        {
            // Bubblewrap starts nothing before it has read its options to the end.
            optionsRead.Dispose();
            slot?.Add(process);
            Descriptors.WriteAsRead(
                optionsEnd,
                LaunchPlan.BubblewrapOptions(settings, command, stage ?? command.Folder, etc?.Current()));
        }
        catch
        {
            process.Kill();
            _ = process.Reap();
            process.Dispose();
            throw;
        }

        return new Chain(process);
    }

    public void Dispose()
    {
        // Nothing is kept between two starts but a folder that all servers of the machine share.
    }

    private sealed class Chain(ChildProcess process) : LaunchedChain(process)
    {
        public override int? FindTop(SandboxStatus status) => status.Child;

        public override SafeFileHandle? OpenNetwork(int top) => ChildProcess.OpenHandle(top);

        public override int? ExitCode(SandboxStatus status, int? chainExitCode, bool isStarted) => status.ExitCode;
    }
}
