using System.Diagnostics;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace CodexOS.Sandbox.Native;

/// <summary>Makes descriptors that no child inherits unless it is handed them.</summary>
internal static unsafe class Descriptors
{
    private const int CloseOnExec = 0x80000;
    private const int NonBlocking = 0x800;
    private const int SetFlags = 4;

    /// <summary>A pipe; the end that this process reads does not block.</summary>
    public static (SafeFileHandle Read, SafeFileHandle Write) OutputPipe()
    {
        var (read, write) = Pipe();
        _ = SystemError.Check(Libc.FCntl((int)read.DangerousGetHandle(), SetFlags, NonBlocking), "Setting up a pipe");
        return (read, write);
    }

    /// <summary>A pipe; the end that this process writes does not block.</summary>
    public static (SafeFileHandle Read, SafeFileHandle Write) InputPipe()
    {
        var (read, write) = Pipe();
        _ = SystemError.Check(Libc.FCntl((int)write.DangerousGetHandle(), SetFlags, NonBlocking), "Setting up a pipe");
        return (read, write);
    }

    /// <summary>A pipe both of whose ends block.</summary>
    public static (SafeFileHandle Read, SafeFileHandle Write) Pipe()
    {
        var ends = stackalloc int[2];
        _ = SystemError.Check(Libc.Pipe2(ends, CloseOnExec), "Making a pipe");
        return (new SafeFileHandle(ends[0], ownsHandle: true), new SafeFileHandle(ends[1], ownsHandle: true));
    }

    /// <summary>A file in memory that holds some bytes, at its beginning.</summary>
    public static SafeFileHandle FileOf(ReadOnlySpan<byte> content)
    {
        SafeFileHandle file;
        fixed (byte* name = "codexos\0"u8)
        {
            file = new SafeFileHandle(
                SystemError.Check(Libc.MemFdCreate(name, 1), "Making a file in memory"), ownsHandle: true);
        }

        WriteAll(file, content);
        _ = Libc.LSeek(file, 0, 0);
        return file;
    }

    /// <summary>A counter that becomes readable when it is written to.</summary>
    public static SafeFileHandle Event() => new(
        SystemError.Check(Libc.EventFd(0, CloseOnExec | NonBlocking), "Making an event"), ownsHandle: true);

    /// <summary>Makes an <see cref="Event"/> readable.</summary>
    public static void Signal(SafeFileHandle wake) => WriteAll(wake, [1, 0, 0, 0, 0, 0, 0, 0]);

    /// <summary>Writes everything.</summary>
    public static void WriteAll(SafeFileHandle file, ReadOnlySpan<byte> content)
    {
        while (!content.IsEmpty)
        {
            nint written;
            fixed (byte* bytes = content) written = Libc.Write(file, bytes, (nuint)content.Length);
            if (written < 0)
            {
                if (Marshal.GetLastPInvokeError() == SystemError.Interrupted) continue;
                throw SystemError.Last("Writing");
            }

            content = content[(int)written..];
        }
    }

    /// <summary>Writes everything to a pipe that blocks, or as much as is read by somebody who goes away.</summary>
    public static void WriteAsRead(SafeFileHandle pipe, ReadOnlySpan<byte> content)
    {
        int count;
        while (!content.IsEmpty && (count = TryWrite(pipe, content)) != 0) content = content[Math.Max(count, 0)..];
    }

    /// <summary>Writes what there is room for: the count, 0 if nobody reads any more, or -1 if there is no room yet.</summary>
    public static int TryWrite(SafeFileHandle file, ReadOnlySpan<byte> content)
    {
        fixed (byte* bytes = content)
        {
            var count = Libc.Write(file, bytes, (nuint)content.Length);
            if (count >= 0) return (int)count;
            return Marshal.GetLastPInvokeError() switch
            {
                SystemError.Again or SystemError.Interrupted => -1,
                SystemError.BrokenPipe => 0,
                _ => throw SystemError.Last("Writing"),
            };
        }
    }

    /// <summary>Reads what is there: the count, 0 at the end, or -1 if there is nothing yet.</summary>
    public static int TryRead(SafeFileHandle file, Span<byte> buffer)
    {
        fixed (byte* bytes = buffer)
        {
            var count = Libc.Read(file, bytes, (nuint)buffer.Length);
            if (count >= 0) return (int)count;
            return Marshal.GetLastPInvokeError() is SystemError.Again or SystemError.Interrupted
                ? -1
                : throw SystemError.Last("Reading");
        }
    }

    /// <summary>Waits until one of the entries has news or the time is up. Signals to this process do not end it.</summary>
    public static void Wait(Span<PollEntry> entries, TimeSpan atMost)
    {
        var began = Stopwatch.GetTimestamp();
        fixed (PollEntry* pointer = entries)
        {
            while (true)
            {
                var left = atMost - Stopwatch.GetElapsedTime(began);
                var leftMs = left <= TimeSpan.Zero ? 0 : (int)Math.Min(Math.Ceiling(left.TotalMilliseconds), int.MaxValue);
                if (Libc.Poll(pointer, (nuint)entries.Length, leftMs) >= 0) return;
                if (Marshal.GetLastPInvokeError() != SystemError.Interrupted) throw SystemError.Last("Waiting");
            }
        }
    }
}
