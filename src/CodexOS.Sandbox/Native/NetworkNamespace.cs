using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace CodexOS.Sandbox.Native;

/// <summary>
/// Opens a listener inside the network of a sandbox and keeps it outside: the calling thread enters the sandbox's network,
/// listens, and comes back.
/// </summary>
/// <remarks>
/// The runtime starts threads from any thread, and one that is started inside would stay inside. So nothing happens between
/// going in and coming back but system calls, by addresses that are looked up before, in a method that is compiled once and
/// for all, without a transition of the garbage collector. A thread that cannot come back ends the process.
/// </remarks>
internal static unsafe class NetworkNamespace
{
    private const nint SetNamespace = 308;
    private const nint MakeSocket = 41;
    private const nint BindSocket = 49;
    private const nint ListenOn = 50;
    private const nint Network = 0x4000_0000;
    private const nint Internet = 2;
    private const nint StreamThatBlocksNotAndIsNotInherited = 1 | 0x800 | 0x80000;
    private const nint Backlog = 64;

    private static readonly nint s_library = NativeLibrary.Load("libc.so.6");
    private static readonly nint s_call = NativeLibrary.GetExport(s_library, "syscall");
    private static readonly nint s_error = NativeLibrary.GetExport(s_library, "__errno_location");

    /// <summary>Listens on a port of the loopback inside the network of a process, which a descriptor stands for.</summary>
    /// <exception cref="IOException">The network cannot be entered, or not listened in; nothing is left open.</exception>
    public static Socket Listen(SafeFileHandle process, ushort port)
    {
        using var home = File.OpenHandle("/proc/thread-self/ns/net");
        // struct sockaddr_in: family, port and address in network order, padding.
        var address = stackalloc byte[16];
        new Span<byte>(address, 16).Clear();
        (address[0], address[2], address[3], address[4], address[7]) = (2, (byte)(port >> 8), (byte)port, 127, 1);
        int error;
        // Once without effect, so that everything is compiled and bound before it counts.
        _ = Window(s_call, s_error, -1, -1, address, &error);
        var descriptor = Window(
            s_call, s_error, process.DangerousGetHandle(), home.DangerousGetHandle(), address, &error);
        GC.KeepAlive(process);
        if (descriptor == Lost) Environment.FailFast("A thread cannot come back from the network of a sandbox.");
        if (descriptor < 0) throw SystemError.Of(error, "Opening the way out of a sandbox");
        var handle = new SafeSocketHandle((nint)descriptor, ownsHandle: true);
        try
        {
            return new Socket(handle);
        }
        catch (SocketException unusable)
        {
            handle.Dispose();
            throw new IOException($"Opening the way out of a sandbox: {unusable.Message}", unusable);
        }
    }

    private const long Lost = -2;

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static long Window(nint call, nint errorAt, nint process, nint home, byte* address, int* error)
    {
        var system = (delegate* unmanaged[SuppressGCTransition]<nint, nint, nint, nint, nint>)call;
        var errorOf = (delegate* unmanaged[SuppressGCTransition]<int*>)errorAt;
        *error = 0;
        if (system(SetNamespace, process, Network, 0) != 0)
        {
            *error = *errorOf();
            return -1;
        }

        long descriptor = system(MakeSocket, Internet, StreamThatBlocksNotAndIsNotInherited, 0);
        if (descriptor < 0 || system(BindSocket, (nint)descriptor, (nint)address, 16) != 0
            || system(ListenOn, (nint)descriptor, Backlog, 0) != 0)
        {
            *error = *errorOf();
            if (descriptor >= 0) _ = system(3, (nint)descriptor, 0, 0);
            descriptor = -1;
        }

        return system(SetNamespace, home, Network, 0) == 0 ? descriptor : Lost;
    }
}
