using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace CodexOS.Sandbox.Native;

/// <summary>
/// An open folder. Everything is named relative to it and no symbolic link is ever followed, so whoever owns the
/// content cannot lead an operation out of it, not even by renaming things meanwhile.
/// </summary>
internal sealed unsafe class Folder : IDisposable
{
    private const int OpenFolderFlags = 0x10000 | 0x80000; // O_DIRECTORY | O_CLOEXEC
    private const int NoFollow = 0x20000;
    private const int CloseOnExec = 0x80000;
    private const int NonBlocking = 0x800;
    private const int Create = 0x40;
    private const int Exclusive = 0x80;
    private const int WriteOnly = 0x1;
    private const int OpenAt2 = 437;
    private const ulong BeneathWithoutLinks = 0x02 | 0x04 | 0x08; // NO_MAGICLINKS | NO_SYMLINKS | BENEATH
    private const int NotFollowed = 0x100;
    private const int RemoveFolder = 0x200;
    private const int Itself = 0x1000;
    private const uint AllFacts = 0x7FF;
    private const nuint CloneFile = 0x40049409;

    private Folder(SafeFileHandle handle) => Handle = handle;

    /// <summary>The descriptor.</summary>
    public SafeFileHandle Handle { get; }

    /// <summary>Opens a folder of this process's own by path; links in the path are followed.</summary>
    /// <exception cref="IOException">It cannot be opened.</exception>
    public static Folder Open(string path)
    {
        fixed (byte* name = Name(path))
        {
            return new Folder(new SafeFileHandle(
                SystemError.Check(Libc.Open(name, OpenFolderFlags, 0), $"Opening the folder {path}"), ownsHandle: true));
        }
    }

    /// <summary>A name as the kernel wants it.</summary>
    public static byte[] Name(string name) => Encoding.UTF8.GetBytes(name + '\0');

    /// <summary>
    /// Opens what a relative path of any depth names. Fails with <see cref="SystemError.Loop"/> if a link is on the way
    /// and with <see cref="SystemError.OtherDevice"/> if the path leads out.
    /// </summary>
    /// <returns>The descriptor, or the error number.</returns>
    public (SafeFileHandle? Handle, int Error) OpenBeneath(string path, int flags) =>
        OpenBeneath(Name(path.Length == 0 ? "." : path), flags);

    private (SafeFileHandle? Handle, int Error) OpenBeneath(byte[] path, int flags)
    {
        var how = stackalloc ulong[3];
        how[0] = (ulong)(uint)(flags | CloseOnExec | NonBlocking);
        how[1] = 0;
        how[2] = BeneathWithoutLinks;
        fixed (byte* name = path)
        {
            while (true)
            {
                var opened = (int)Libc.SysCall(OpenAt2, Handle.DangerousGetHandle(), (nint)name, (nint)how, 24);
                if (opened >= 0) return (new SafeFileHandle(opened, ownsHandle: true), 0);
                // A rename meanwhile makes the kernel unsure whether the path stays inside; it asks to try again.
                var error = Marshal.GetLastPInvokeError();
                if (error is not (SystemError.Again or SystemError.Interrupted)) return (null, error);
            }
        }
    }

    /// <summary>Opens a folder at a relative path of any depth.</summary>
    /// <returns>The folder, or the error number.</returns>
    public (Folder? Folder, int Error) EnterBeneath(string path) => EnterBeneath(Name(path.Length == 0 ? "." : path));

    /// <summary>The same for a path as the kernel wants it.</summary>
    public (Folder? Folder, int Error) EnterBeneath(byte[] path)
    {
        var (handle, error) = OpenBeneath(path, OpenFolderFlags);
        return handle is null ? (null, error) : (new Folder(handle), 0);
    }

    /// <summary>Opens a folder directly inside.</summary>
    /// <returns>The folder, or the error number.</returns>
    public (Folder? Folder, int Error) Enter(byte[] name)
    {
        var (handle, error) = OpenChild(name, OpenFolderFlags, 0);
        return handle is null ? (null, error) : (new Folder(handle), 0);
    }

    /// <summary>Opens a file directly inside for reading.</summary>
    /// <returns>The descriptor, or the error number.</returns>
    public (SafeFileHandle? Handle, int Error) OpenForReading(byte[] name) => OpenChild(name, NonBlocking, 0);

    /// <summary>Makes a file directly inside, which must not be there yet.</summary>
    /// <exception cref="IOException">It could not be made.</exception>
    public SafeFileHandle CreateFile(byte[] name, uint permissions)
    {
        var (handle, error) = OpenChild(name, Create | Exclusive | WriteOnly, permissions);
        return handle ?? throw SystemError.Of(error, $"Making the file {Show(name)}");
    }

    /// <summary>What is directly inside, unsorted.</summary>
    public List<FolderEntry> Entries()
    {
        const int size = 32 * 1024;
        const int headLength = 19;
        var entries = new List<FolderEntry>();
        var buffer = new byte[size];
        _ = Libc.LSeek(Handle, 0, 0);
        fixed (byte* bytes = buffer)
        {
            while (true)
            {
                var count = (int)SystemError.Check((int)Libc.GetDents64(Handle, bytes, size), "Listing a folder");
                if (count == 0) return entries;
                for (var at = 0; at < count;)
                {
                    var length = *(ushort*)(bytes + at + 16);
                    var name = new ReadOnlySpan<byte>(bytes + at + headLength, length - headLength);
                    var end = name.IndexOf((byte)0);
                    if (!name[..end].SequenceEqual("."u8) && !name[..end].SequenceEqual(".."u8))
                        entries.Add(new FolderEntry(name[..(end + 1)].ToArray()));
                    at += length;
                }
            }
        }
    }

    /// <summary>What is known of an entry itself, even if it is a link; null if it is not there.</summary>
    public FileFacts? FactsOf(byte[] name)
    {
        FileFacts facts;
        fixed (byte* pointer = name)
        {
            if (Libc.StatX((int)Handle.DangerousGetHandle(), pointer, NotFollowed, AllFacts, &facts) == 0) return facts;
        }

        return Marshal.GetLastPInvokeError() == SystemError.NotFound ? null : throw SystemError.Last("Looking at a file");
    }

    /// <summary>What is known of an open file.</summary>
    public static FileFacts FactsOf(SafeFileHandle handle)
    {
        FileFacts facts;
        fixed (byte* nothing = "\0"u8)
        {
            _ = SystemError.Check(
                Libc.StatX((int)handle.DangerousGetHandle(), nothing, Itself, AllFacts, &facts), "Looking at a file");
        }

        return facts;
    }

    /// <summary>An extended attribute of the folder itself; null if it has none of that name.</summary>
    public byte[]? Attribute(byte[] name)
    {
        var buffer = new byte[4096];
        nint count;
        fixed (byte* pointer = name, bytes = buffer) count = Libc.FGetXAttr(Handle, pointer, bytes, (nuint)buffer.Length);
        if (count > 0) return buffer[..(int)count];
        return count == 0 || Marshal.GetLastPInvokeError() is SystemError.NoAttribute or SystemError.NotSupported
            ? null
            : throw SystemError.Last("Reading an attribute");
    }

    /// <summary>How full the disk is that the folder is on.</summary>
    public DiskFacts Disk()
    {
        DiskFacts facts;
        _ = SystemError.Check(Libc.FStatVfs(Handle, &facts), "Asking for the free space");
        return facts;
    }

    /// <summary>Makes a folder directly inside.</summary>
    /// <returns>Zero, or the error number.</returns>
    public int MakeFolder(byte[] name, uint permissions)
    {
        fixed (byte* pointer = name) return ErrorOf(Libc.MkDirAt(Handle, pointer, permissions));
    }

    /// <summary>Removes an entry.</summary>
    /// <returns>Zero, or the error number.</returns>
    public int Remove(byte[] name, bool folder)
    {
        fixed (byte* pointer = name) return ErrorOf(Libc.UnlinkAt(Handle, pointer, folder ? RemoveFolder : 0));
    }

    /// <summary>Moves an entry, replacing a file of the new name in one step.</summary>
    /// <returns>Zero, or the error number.</returns>
    public int Move(byte[] name, Folder to, byte[] newName)
    {
        fixed (byte* from = name, into = newName) return ErrorOf(Libc.RenameAt(Handle, from, to.Handle, into));
    }

    /// <summary>Gives a file a further name.</summary>
    /// <returns>Zero, or the error number.</returns>
    public int Link(byte[] path, Folder to, byte[] newName)
    {
        fixed (byte* from = path, into = newName) return ErrorOf(Libc.LinkAt(Handle, from, to.Handle, into, 0));
    }

    /// <summary>Makes a symbolic link.</summary>
    /// <returns>Zero, or the error number.</returns>
    public int MakeLink(byte[] name, byte[] target)
    {
        fixed (byte* pointer = name, aim = target) return ErrorOf(Libc.SymLinkAt(aim, Handle, pointer));
    }

    /// <summary>Where a symbolic link points, as the kernel wants it; null if the entry is none.</summary>
    public byte[]? ReadLink(byte[] name)
    {
        var buffer = new byte[4097];
        nint count;
        fixed (byte* pointer = name, bytes = buffer) count = Libc.ReadLinkAt(Handle, pointer, bytes, 4096);
        return count < 0 ? null : buffer[..((int)count + 1)];
    }

    /// <summary>Gives an entry itself to a user.</summary>
    public void Give(byte[] name, uint owner)
    {
        fixed (byte* pointer = name)
            _ = SystemError.Check(Libc.FChOwnAt(Handle, pointer, owner, owner, NotFollowed), "Giving a file to its user");
    }

    /// <summary>Gives an open file to a user.</summary>
    public static void Give(SafeFileHandle handle, uint owner) =>
        _ = SystemError.Check(Libc.FChOwn(handle, owner, owner), "Giving a file to its user");

    /// <summary>Sets the permissions of an open file.</summary>
    public static void Permit(SafeFileHandle handle, uint permissions) =>
        _ = SystemError.Check(Libc.FChMod(handle, permissions), "Setting permissions");

    /// <summary>Sets the permissions of an entry, unless it is a link.</summary>
    public void Permit(byte[] name, uint permissions)
    {
        const int pathOnly = 0x200000;
        var (handle, _) = OpenChild(name, pathOnly, 0);
        if (handle is null) return;
        using (handle)
        {
            if (FactsOf(handle).IsLink) return;
            // A descriptor that was opened for its path alone is changed by way of its name in /proc.
            File.SetUnixFileMode($"/proc/self/fd/{handle.DangerousGetHandle()}", (UnixFileMode)permissions);
        }
    }

    /// <summary>Copies content, sharing it where the file system can.</summary>
    public static void CopyContent(SafeFileHandle from, SafeFileHandle to)
    {
        if (Libc.IoCtl(to, CloneFile, from.DangerousGetHandle()) == 0) return;
        while (true)
        {
            var count = Libc.CopyFileRange(from, null, to, null, 1 << 30, 0);
            if (count == 0) return;
            if (count > 0) continue;
            var error = Marshal.GetLastPInvokeError();
            if (error == SystemError.Interrupted) continue;
            if (error is not (SystemError.OtherDevice or SystemError.Invalid
                or SystemError.NotSupported or SystemError.NotImplemented))
                throw SystemError.Of(error, "Copying a file");
            break;
        }

        var buffer = new byte[128 * 1024];
        for (int count; (count = Descriptors.TryRead(from, buffer)) != 0;)
        {
            if (count > 0) Descriptors.WriteAll(to, buffer.AsSpan(0, count));
        }
    }

    /// <summary>Sets the time of last change of an open file.</summary>
    public static void SetTime(SafeFileHandle handle, in FileFacts like)
    {
        var times = stackalloc long[4];
        times[0] = times[2] = like.ModifiedSeconds;
        times[1] = times[3] = like.ModifiedNanoseconds;
        _ = Libc.FUTimeNs(handle, times);
    }

    /// <summary>Has the folder's own entries written to disk.</summary>
    public void Sync() => _ = SystemError.Check(Libc.FSync(Handle), "Writing to disk");

    /// <summary>Has everything on the folder's file system written to disk.</summary>
    public void SyncDisk() => _ = SystemError.Check(Libc.SyncFs(Handle), "Writing to disk");

    /// <summary>A name for messages.</summary>
    public static string Show(ReadOnlySpan<byte> name) => Encoding.UTF8.GetString(name.TrimEnd((byte)0));

    public void Dispose() => Handle.Dispose();

    private (SafeFileHandle? Handle, int Error) OpenChild(byte[] name, int flags, uint permissions)
    {
        fixed (byte* pointer = name)
        {
            var opened = Libc.OpenAt(
                (int)Handle.DangerousGetHandle(), pointer, flags | NoFollow | CloseOnExec, permissions);
            return opened >= 0
                ? (new SafeFileHandle(opened, ownsHandle: true), 0)
                : (null, Marshal.GetLastPInvokeError());
        }
    }

    private static int ErrorOf(int returned) => returned == 0 ? 0 : Marshal.GetLastPInvokeError();
}

/// <summary>An entry of a folder.</summary>
/// <param name="Name">Its name as the kernel wants it: bytes that end in a zero, not necessarily UTF-8.</param>
internal readonly record struct FolderEntry(byte[] Name)
{
    /// <summary>The name for people; what is not UTF-8 is replaced.</summary>
    public override string ToString() => Folder.Show(Name);
}
