using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace CodexOS.Sandbox.Native;

/// <summary>
/// A child process that is given an exact set of descriptors and nothing else of this process: no further descriptors
/// (even those that lack close-on-exec), no environment, default signal dispositions, and a session of its own.
/// </summary>
/// <remarks>
/// A parent-death signal is bound to the <em>thread</em> that spawned the child, so the spawning thread has to live as long
/// as the child may. A pool thread does not.
/// </remarks>
internal sealed unsafe class ChildProcess : IDisposable
{
    // Descriptors to hand over are first moved above all places they could be handed to.
    private const int MovedFrom = 64;
    private const int DuplicateCloseOnExec = 1030;
    private const short BecomeRealUser = 0x01;
    private const short SetDefaultSignals = 0x04;
    private const short SetSignalMask = 0x08;
    private const short SetSession = 0x80;
    private const int PidFdOpen = 434;
    private const int PidFdSendSignal = 424;
    private const int WaitByDescriptor = 3;
    private const int WaitExited = 4;
    private const int SignalKill = 9;

    private ChildProcess(int id, SafeFileHandle handle) => (Id, Handle) = (id, handle);

    /// <summary>The process id; it is not reused before <see cref="Reap"/>.</summary>
    public int Id { get; }

    /// <summary>Becomes readable when the process has exited.</summary>
    public SafeFileHandle Handle { get; }

    /// <summary>Starts a program.</summary>
    /// <param name="path">The program.</param>
    /// <param name="arguments">Its arguments, the first being its own name.</param>
    /// <param name="environment">Its variables, as <c>NAME=value</c>.</param>
    /// <param name="descriptors">Descriptor <c>i</c> of the child is the <c>i</c>th of these.</param>
    /// <param name="user">
    /// As root: the user it runs as, with the group of the same number, no further groups and no capabilities; null for this
    /// process's own.
    /// </param>
    /// <exception cref="IOException">It could not be started.</exception>
    public static ChildProcess Start(
        string path,
        IReadOnlyList<string> arguments,
        IReadOnlyList<string> environment,
        IReadOnlyList<SafeFileHandle> descriptors,
        uint? user = null)
    {
        var moved = new List<SafeFileHandle>(descriptors.Count);
        // The C library's opaque structures take 80, 336 and 128 bytes; there is room for more.
        var actions = stackalloc byte[512];
        var attributes = stackalloc byte[1024];
        var signals = stackalloc byte[256];
        using var argumentList = new StringList(arguments);
        using var environmentList = new StringList(environment);
        Expect(Libc.SpawnActionsInit(actions));
        Expect(Libc.SpawnAttributesInit(attributes));
        try
        {
            foreach (var descriptor in descriptors)
            {
                moved.Add(new SafeFileHandle(
                    SystemError.Check(
                        Libc.FCntl((int)descriptor.DangerousGetHandle(), DuplicateCloseOnExec, MovedFrom),
                        "Duplicating a descriptor"),
                    ownsHandle: true));
            }

            for (var i = 0; i < moved.Count; i++)
                Expect(Libc.SpawnActionsAddDup2(actions, (int)moved[i].DangerousGetHandle(), i));
            Expect(Libc.SpawnActionsAddCloseFrom(actions, moved.Count));
            var flags = SetDefaultSignals | SetSignalMask | SetSession | (user is null ? 0 : BecomeRealUser);
            Expect(Libc.SpawnAttributesSetFlags(attributes, (short)flags));
            _ = Libc.SigFillSet(signals);
            Expect(Libc.SpawnAttributesSetDefaultSignals(attributes, signals));
            _ = Libc.SigEmptySet(signals);
            Expect(Libc.SpawnAttributesSetSignalMask(attributes, signals));

            int id;
            int error;
            fixed (byte* pathBytes = Encoding.UTF8.GetBytes(path + '\0'))
            {
                using var real = user is { } other ? RealUser.Take(other) : default;
                error = Libc.PosixSpawn(
                    &id, pathBytes, actions, attributes, argumentList.Pointers, environmentList.Pointers);
            }

            if (error != 0) throw SystemError.Of(error, $"Starting {path}");

            var handle = OpenHandle(id);
            if (handle is not null) return new ChildProcess(id, handle);
            var open = SystemError.Last("Watching a process");
            _ = Libc.Kill(id, SignalKill);
            throw open;
        }
        finally
        {
            foreach (var descriptor in moved) descriptor.Dispose();
            _ = Libc.SpawnActionsDestroy(actions);
            _ = Libc.SpawnAttributesDestroy(attributes);
        }
    }

    /// <summary>A descriptor that becomes readable when the process exits, or null if there is no such process.</summary>
    public static SafeFileHandle? OpenHandle(int process)
    {
        var descriptor = (int)Libc.SysCall(PidFdOpen, process, 0, 0, 0);
        return descriptor < 0 ? null : new SafeFileHandle(descriptor, ownsHandle: true);
    }

    /// <summary>Kills the process of a descriptor; harmless when it has exited already.</summary>
    public static void Kill(SafeFileHandle process) =>
        _ = Libc.SysCall(PidFdSendSignal, process.DangerousGetHandle(), SignalKill, 0, 0);

    /// <summary>Whether it has exited.</summary>
    public bool HasExited
    {
        get
        {
            Span<PollEntry> entries =
                [new PollEntry { Descriptor = (int)Handle.DangerousGetHandle(), Wanted = PollEntry.Readable }];
            Descriptors.Wait(entries, TimeSpan.Zero);
            return entries[0].Happened != 0;
        }
    }

    /// <summary>Kills the process; harmless when it has exited already.</summary>
    public void Kill() => _ = Libc.Kill(Id, SignalKill);

    /// <summary>Takes the exited process off the kernel's list; its exit code, or null if a signal ended it.</summary>
    public int? Reap()
    {
        // Of struct siginfo: the code, 1 for an exit, at byte 8, and the status at byte 24.
        var info = stackalloc int[32];
        while (Libc.WaitId(WaitByDescriptor, (int)Handle.DangerousGetHandle(), info, WaitExited) < 0
            && Marshal.GetLastPInvokeError() == SystemError.Interrupted)
        {
        }

        return info[2] == 1 ? info[6] : null;
    }

    public void Dispose() => Handle.Dispose();

    private static void Expect(int error)
    {
        if (error != 0) throw SystemError.Of(error, "Preparing a process");
    }

    /// <summary>A null-terminated list of null-terminated strings.</summary>
    private sealed class StringList : IDisposable
    {
        public StringList(IReadOnlyList<string> values)
        {
            Pointers = (byte**)NativeMemory.AllocZeroed((nuint)(values.Count + 1), (nuint)sizeof(byte*));
            for (var i = 0; i < values.Count; i++) Pointers[i] = (byte*)Marshal.StringToCoTaskMemUTF8(values[i]);
        }

        public byte** Pointers { get; private set; }

        public void Dispose()
        {
            for (var at = Pointers; *at != null; at++) Marshal.FreeCoTaskMem((nint)(*at));
            NativeMemory.Free(Pointers);
            Pointers = null;
        }
    }
}
