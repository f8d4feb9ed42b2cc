using CodexOS.Platform.Faults;
using CodexOS.Sandbox.Contracts;
using CodexOS.Sandbox.Egress;
using CodexOS.Sandbox.Native;
using CodexOS.Sandbox.Workspaces;
using Microsoft.Win32.SafeHandles;

namespace CodexOS.Sandbox.Execution;

/// <summary>
/// One sandbox, from start to end, on a thread of its own:
/// 1. spawn the chain, 2. wait until process 1 says that the walls stand, 3. open its way to the network, if it has one, and let
/// the program start, 4. pass on output and watch time, disk and cancellation, 5. kill what has to end, 6. wait until the
/// last process is gone, 7. read the rest and say how it ended. The pipes of a kept program are read and written by whoever
/// keeps it; the thread tells when there is something to read, or room to write.
/// </summary>
/// <remarks>
/// The thread is not from the pool, because the parent-death signal that ends the sandbox with the server is bound to the
/// thread that spawned it, and threads of the pool come and go.
/// </remarks>
internal sealed class SandboxThread(
    LaunchSettings settings,
    ILaunch launch,
    SandboxCommand command,
    ControlGroupSlot? slot,
    ProgramPipes pipes,
    TimeProvider clock,
    CancellationToken stop)
{
    private static readonly TimeSpan s_setUpMax = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan s_dyingMax = TimeSpan.FromSeconds(10);

    private readonly SandboxStatus _status = new();
    private readonly byte[] _buffer = new byte[64 * 1024];
    private readonly long _begin = clock.GetTimestamp();
    private SafeFileHandle? _child;
    private int? _exitCode;
    private int _readyBytes;
    private EndReason _reason;

    private enum EndReason
    {
        ByItself,
        SetUpTooLong,
        TimedOut,
        Cancelled,
        FolderTooLarge,
        OutputTooLarge,
        DiskFull,
    }

    /// <summary>The program's way to the network, if it was given one; to be closed when it has ended.</summary>
    public EgressProxy? Proxy { get; private set; }

    /// <summary>Runs it.</summary>
    public Task<Result<SandboxExit>> RunAsync()
    {
        var done = new TaskCompletionSource<Result<SandboxExit>>(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(() =>
        {
            try
            {
                done.SetResult(Run());
            }
            catch (OperationCanceledException)
            {
                done.SetCanceled(stop);
            }
#pragma warning disable CA1031 // The exception is not swallowed: it is thrown where the task is awaited.
            catch (Exception error)
#pragma warning restore CA1031
            {
                done.SetException(error);
            }
        })
        {
            IsBackground = true,
            Name = "sandbox",
        };
        thread.Start();
        return done.Task;
    }

    private Result<SandboxExit> Run()
    {
        var oomKillsBefore = 0L;
        var output = new OutputBuffer(command.OutputBytesMax ?? settings.Options.OutputBytesMax, command.OnOutput);
        var error = new OutputBuffer(command.OutputBytesMax ?? settings.Options.OutputBytesMax, command.OnOutput);
        using var onStop = stop.Register(pipes.Wake);
        if (command.Layer is { } layer) Layer.Begin(command.Folder!, layer);
        using var disk = command is { Folder: not null, FolderIsReadOnly: false }
            ? new DiskWatch(command, settings.Options, clock)
            : null;

        // 1. Spawn
        var (errorRead, errorWrite) = Descriptors.OutputPipe();
        var (statusRead, statusWrite) = Descriptors.OutputPipe();
        using var errorEnd = errorRead;
        using var statusEnd = statusRead;
        using var chain = Spawn([pipes.ProgramsInput, pipes.ProgramsOutput, errorWrite, statusWrite]);
        int? chainExitCode;
        try
        {
            // While bubblewrap builds the walls.
            oomKillsBefore = slot?.OutOfMemoryKills ?? 0;
            disk?.Measure();

            // 2 to 4.
            Follow(chain, disk, output, (errorRead, error), statusRead);
        }
        finally
        {
            // 5 and 6. Whatever happened above, nothing of the sandbox may go on.
            chainExitCode = End(chain);
            _child?.Dispose();
            pipes.SetOver();
        }

        // 7. Rest and verdict
        while ((!pipes.IsKept && Drain(pipes.Output, output) > 0) || Drain(errorRead, error) > 0) { }
        ReadStatus(statusRead);
        _exitCode = chain.ExitCode(_status, chainExitCode, IsStarted);
        var written = pipes.IsKept ? new SandboxOutput("", pipes.OutputBytes, IsTruncated: false) : output.Finish();
        return Verdict(written, error.Finish(), slot is not null && slot.OutOfMemoryKills > oomKillsBefore, disk);
    }

    private LaunchedChain Spawn(SafeFileHandle[] ends)
    {
        try
        {
            return launch.Start(command, slot, pipes.IsKept, ends);
        }
        finally
        {
            foreach (var end in ends) end.Dispose();
        }
    }

    private void Follow(
        LaunchedChain chain,
        DiskWatch? disk,
        OutputBuffer output,
        (SafeFileHandle End, OutputBuffer Buffer) error,
        SafeFileHandle status)
    {
        Span<PollEntry> entries =
        [
            Entry(chain.Process.Handle), Entry(pipes.Output), Entry(error.End), Entry(status), Entry(pipes.WakeHandle),
            Entry(pipes.Input, PollEntry.Writable),
        ];
        var (news, room) = (entries[1].Descriptor, entries[5].Descriptor);
        while (true)
        {
            if (IsStarted && pipes.IsKept) entries[1].Descriptor = pipes.News.IsWanted ? news : -1;
            entries[5].Descriptor = IsStarted && pipes is { IsInputOver: false, Room.IsWanted: true } ? room : -1;
            var age = clock.GetElapsedTime(_begin);
            var limit = IsStarted ? command.TimeMax : s_setUpMax;
            Descriptors.Wait(entries, TimeSpan.FromTicks(Math.Min((limit - age).Ticks, (disk?.CheckEvery ?? limit).Ticks)));

            // The status first: what it says was written before process 1 could say anything.
            if (entries[3].Happened != 0 && !ReadStatus(status)) entries[3].Descriptor = -1;
            if (entries[1].Happened != 0 && !IsStarted) AwaitReady(chain);
            else if (entries[1].Happened != 0 && pipes.IsKept) pipes.News.Tell();
            else if (entries[1].Happened != 0 && Drain(pipes.Output, output) == 0) entries[1].Descriptor = -1;
            if (entries[2].Happened != 0 && Drain(error.End, error.Buffer) == 0) entries[2].Descriptor = -1;
            if (entries[4].Happened != 0) _ = Descriptors.TryRead(pipes.WakeHandle, _buffer);
            if (entries[5].Happened != 0) pipes.Room.Tell();
            if (IsStarted && pipes.IsInputOver) pipes.CloseInput();

            if (entries[0].Happened != 0) return;
            _reason = stop.IsCancellationRequested ? EndReason.Cancelled
                : clock.GetElapsedTime(_begin) >= limit ? IsStarted ? EndReason.TimedOut : EndReason.SetUpTooLong
                : pipes.IsOutputTooLarge ? EndReason.OutputTooLarge
                : disk?.Check() switch
                {
                    DiskVerdict.FolderTooLarge => EndReason.FolderTooLarge,
                    DiskVerdict.DiskFull => EndReason.DiskFull,
                    _ => EndReason.ByItself,
                };
            if (_reason != EndReason.ByItself) return;
        }
    }

    private bool IsStarted => _readyBytes == LaunchPlan.Ready.Length;

    /// <summary>
    /// Lets the program start when process 1 is ready and bubblewrap is alive: from then on the end of this process ends
    /// bubblewrap, whose end ends process 1, whose end ends everything. Earlier, a process 1 that lost its parent would
    /// not be told; it gets no leave to start, and goes by itself.
    /// </summary>
    private void AwaitReady(LaunchedChain chain)
    {
        var rest = LaunchPlan.Ready[_readyBytes..];
        var count = Descriptors.TryRead(pipes.Output, _buffer.AsSpan(0, rest.Length));
        if (count <= 0) return;
        if (!rest.StartsWith(_buffer.AsSpan(0, count)))
            throw new InvalidOperationException("Process 1 of a sandbox says something else than it was written to.");
        _readyBytes += count;
        if (!IsStarted) return;
        var top = chain.FindTop(_status);
        if (top is { } number) _child = ChildProcess.OpenHandle(number);
        Span<PollEntry> alive = [Entry(chain.Process.Handle)];
        Descriptors.Wait(alive, TimeSpan.Zero);
        if (_child is null || alive[0].Happened != 0) return;
        // The walls stand and the program waits: the only moment to open its one way out.
        if (command.Egress is { IsOpen: true } egress)
        {
            using var network = chain.OpenNetwork(top!.Value) ?? throw new IOException("The sandbox ended while it was set up.");
            Proxy = EgressProxy.Start(egress, network, clock);
        }

        Descriptors.WriteAll(pipes.Input, LaunchPlan.Go);
        pipes.SetStarted();
    }

    /// <summary>Kills the chain and waits until the sandbox's process 1 is gone, which takes every other one with it.</summary>
    /// <exception cref="InvalidOperationException">Something outlives SIGKILL.</exception>
    private int? End(LaunchedChain chain)
    {
        // Process 1 is only gone when its whole namespace is. It may be so young that the end of bubblewrap does not end it.
        chain.Process.Kill();
        if (_child is null && chain.FindTop(_status) is { } top) _child = ChildProcess.OpenHandle(top);
        if (_child is not null) ChildProcess.Kill(_child);
        Await(chain.Process.Handle);
        var exitCode = chain.Process.Reap();
        slot?.Kill();
        if (_child is not null) Await(_child);
        var began = clock.GetTimestamp();
        while (slot is { IsEmpty: false })
        {
            if (clock.GetElapsedTime(began) > s_dyingMax) throw Stuck();
            slot.Kill();
            Descriptors.Wait([], TimeSpan.FromMilliseconds(1));
        }

        return exitCode;
    }

    private static void Await(SafeFileHandle process)
    {
        Span<PollEntry> entries = [Entry(process)];
        Descriptors.Wait(entries, s_dyingMax);
        if (entries[0].Happened == 0) throw Stuck();
    }

    private static InvalidOperationException Stuck() =>
        new("A sandboxed process outlives SIGKILL; the kernel may be waiting for a device.");

    private Result<SandboxExit> Verdict(SandboxOutput output, SandboxOutput error, bool outOfMemory, DiskWatch? disk)
    {
        var duration = clock.GetElapsedTime(_begin);
        if (_reason == EndReason.Cancelled && !(pipes.IsKept && IsStarted)) throw new OperationCanceledException(stop);
        if (_reason == EndReason.DiskFull) return SandboxFaults.DiskFull;
        if (_reason == EndReason.SetUpTooLong)
            return SandboxFaults.Unavailable("The sandbox could not be set up in 15 s; the machine is overloaded.");
        var end = _reason switch
        {
            EndReason.TimedOut => SandboxEnd.TimedOut,
            EndReason.FolderTooLarge => SandboxEnd.FolderTooLarge,
            EndReason.OutputTooLarge => SandboxEnd.OutputTooLarge,
            EndReason.Cancelled => SandboxEnd.Closed,
            _ when outOfMemory && _exitCode is null or > 0 => SandboxEnd.OutOfMemory,
            _ => SandboxEnd.Exited,
        };
        var isSettled = end is not SandboxEnd.Exited && command.Layer is null;
        if (!isSettled && IsStarted && end is not SandboxEnd.FolderTooLarge && disk?.Settle() is false)
            end = SandboxEnd.FolderTooLarge;
        if (end is SandboxEnd.Exited && _exitCode is null)
        {
            return SandboxFaults.Unavailable(
                "A sandbox could not be set up, and nothing is executed without one. "
                + $"Run 'codexos doctor'. What failed: {Shorten(error.Text)}");
        }

        return new SandboxExit(
            end,
            end is SandboxEnd.Exited or SandboxEnd.OutOfMemory ? _exitCode ?? 137 : -1,
            output,
            error,
            duration,
            settings.Level);
    }

    private int Drain(SafeFileHandle end, OutputBuffer into)
    {
        var count = Descriptors.TryRead(end, _buffer);
        if (count > 0) into.Add(_buffer.AsSpan(0, count));
        return count;
    }

    private bool ReadStatus(SafeFileHandle status)
    {
        int count;
        while ((count = Descriptors.TryRead(status, _buffer)) > 0) _status.Add(_buffer.AsSpan(0, count));
        return count != 0;
    }

    private static string Shorten(string text) =>
        text.Trim() is { Length: > 0 } some ? some[..Math.Min(some.Length, 500)] : "the reason is not known.";

    private static PollEntry Entry(SafeFileHandle handle, short wanted = PollEntry.Readable) =>
        new() { Descriptor = (int)handle.DangerousGetHandle(), Wanted = wanted };
}
