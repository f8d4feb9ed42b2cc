namespace CodexOS.Sandbox.Native;

/// <summary>
/// Gives the calling thread, and no other, another real user and group, and no further groups, until it is disposed. A
/// child that is spawned meanwhile with <c>POSIX_SPAWN_RESETIDS</c> becomes that user altogether. The thread itself stays root in
/// effect all the time, so it can take its own user back, and a thread that the runtime happens to start from it in that moment
/// lacks nothing.
/// </summary>
/// <remarks>
/// In Linux each thread has credentials of its own; it is the C library that changes those of all threads together. Hence the
/// system calls as they are.
/// </remarks>
internal readonly unsafe ref struct RealUser : IDisposable
{
    private const int SetGroups = 116;
    private const int SetRealUser = 117;
    private const int SetRealGroup = 119;
    private const int AmbientCapabilities = 47;
    private const int ClearAll = 4;
    private const nint Unchanged = -1;
    private const int GroupsMax = 65536;

    private readonly uint _user;
    private readonly uint _group;
    private readonly uint[]? _groups;

    private RealUser(uint user, uint group, uint[] groups) => (_user, _group, _groups) = (user, group, groups);

    /// <summary>Takes another real user; its group has the same number.</summary>
    /// <exception cref="IOException">The process may not do that.</exception>
    public static RealUser Take(uint user)
    {
        var groups = new uint[GroupsMax];
        int count;
        fixed (uint* first = groups)
            count = SystemError.Check(Libc.GetGroups(GroupsMax, first), "Reading this process's groups");
        var mine = new RealUser(Libc.GetUser(), Libc.GetGroup(), groups[..count]);
        try
        {
            // What is in the ambient set would be kept by a program that another user executes.
            _ = SystemError.Check(Libc.PrCtl(AmbientCapabilities, ClearAll, 0, 0, 0), "Dropping ambient capabilities");
            Set(SetGroups, 0, 0, 0, "Dropping groups");
            Set(SetRealGroup, (nint)user, Unchanged, Unchanged, "Changing the group");
            Set(SetRealUser, (nint)user, Unchanged, Unchanged, "Changing the user");
            return mine;
        }
        catch
        {
            mine.Dispose();
            throw;
        }
    }

    /// <summary>Gives the thread its own user and groups back; does nothing if none was taken.</summary>
    public void Dispose()
    {
        if (_groups is null) return;
        Set(SetRealUser, (nint)_user, Unchanged, Unchanged, "Restoring the user");
        Set(SetRealGroup, (nint)_group, Unchanged, Unchanged, "Restoring the group");
        fixed (uint* first = _groups) Set(SetGroups, _groups.Length, (nint)first, 0, "Restoring groups");
    }

    private static void Set(int call, nint a, nint b, nint c, string what) =>
        _ = SystemError.Check((int)Libc.SysCall(call, a, b, c, 0), what);
}
