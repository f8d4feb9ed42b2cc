using CodexOS.Sandbox.Contracts;
using CodexOS.Sandbox.Native;
using Microsoft.Win32.SafeHandles;

namespace CodexOS.Sandbox.Execution;

/// <summary>
/// How a driver starts a sandbox and learns of its processes. Everything else is the same for all drivers: process 1 inside
/// is <see cref="LaunchPlan.InsideArguments"/>, the limits are those of the control groups and of the chain, and
/// <see cref="SandboxThread"/> watches and ends it.
/// </summary>
internal interface ILaunch : IDisposable
{
    /// <summary>The driver's name in reports.</summary>
    string Driver { get; }

    /// <summary>Starts the chain that ends with process 1 inside; the ends given to it are the caller's to close.</summary>
    /// <exception cref="IOException">It could not be started.</exception>
    LaunchedChain Start(
        SandboxCommand command, ControlGroupSlot? slot, bool isKept, IReadOnlyList<SafeFileHandle> ends);
}

/// <summary>A chain of processes outside a sandbox whose end is the end of the sandbox.</summary>
/// <param name="process">The first process, which becomes the ones after it.</param>
internal abstract class LaunchedChain(ChildProcess process) : IDisposable
{
    public ChildProcess Process => process;

    /// <summary>
    /// The process whose end takes every other one of the sandbox with it, by its number outside; null while it is not known.
    /// It is known when process 1 says that it is ready.
    /// </summary>
    public abstract int? FindTop(SandboxStatus status);

    /// <summary>A process in the sandbox's network, given the top process.</summary>
    public abstract SafeFileHandle? OpenNetwork(int top);

    /// <summary>
    /// The program's exit code after the chain's end; null if the sandbox was not set up completely, or something else than
    /// the program ended it.
    /// </summary>
    /// <param name="status">What bubblewrap reported.</param>
    /// <param name="chainExitCode">The exit code of the chain; null if a signal ended it.</param>
    /// <param name="isStarted">Whether process 1 was given leave to start the program.</param>
    public abstract int? ExitCode(SandboxStatus status, int? chainExitCode, bool isStarted);

    public virtual void Dispose() => process.Dispose();
}
