using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;

namespace CodexOS.Sandbox.Execution;

/// <summary>
/// Control groups for sandboxes: detected, of version 1 or 2. Each running sandbox occupies a slot, a group whose limits
/// are set once and which is used again by the next sandbox when every process in it is gone.
/// </summary>
internal abstract class ControlGroups : IDisposable
{
    private readonly ConcurrentBag<ControlGroupSlot> _free = [];
    private readonly ConcurrentBag<ControlGroupSlot> _all = [];
    private int _made;

    /// <summary>Names the groups of one data directory, so that several servers on a machine keep apart.</summary>
    protected ControlGroups(string dataPath) => Group = NameOf(dataPath);

    /// <summary>A short name for a data directory.</summary>
    public static string NameOf(string dataPath) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(dataPath)))[..16];

    /// <summary>What this is, for people.</summary>
    public abstract string Description { get; }

    /// <summary>The folder name of this server's groups.</summary>
    protected string Group { get; }

    /// <summary>Finds groups that this process may use, and removes what an earlier process of the same data left.</summary>
    /// <returns>The groups, or why there are none.</returns>
    public static (ControlGroups? Groups, string? WhyNot) Detect(
        SandboxOptions options, string dataPath, string mountInfo, string ownGroups)
    {
        var mounts = ControlGroupMount.Parse(mountInfo);
        string? whyNot = null;
        foreach (var candidate in (ControlGroups?[])
            [ControlGroupsV2.Find(mounts, ownGroups, options, dataPath), ControlGroupsV1.Find(mounts, options, dataPath)])
        {
            if (candidate is null) continue;
            // Another server that starts may tidy away a folder between its making and its use, hence the second try.
            for (var attempt = 1; attempt <= 2; attempt++)
            {
                try
                {
                    candidate.RemoveLeftovers();
                    candidate.Return(candidate.Take());
                    return (candidate, null);
                }
                catch (Exception error) when (error is IOException or UnauthorizedAccessException)
                {
                    whyNot = error.Message;
                }
            }
        }

        return (null, whyNot ?? "no memory and pids controllers are mounted here that this process may use");
    }

    /// <summary>Takes a slot; the caller limits how many are taken at once.</summary>
    /// <exception cref="IOException">It could not be made.</exception>
    public ControlGroupSlot Take()
    {
        if (_free.TryTake(out var slot)) return slot;
        var made = Make(Interlocked.Increment(ref _made));
        _all.Add(made);
        return made;
    }

    /// <summary>Gives back a slot in which nothing runs. One that something still runs in is not used again.</summary>
    public void Return(ControlGroupSlot slot)
    {
        if (slot.IsEmpty) _free.Add(slot);
    }

    /// <summary>Kills everything in the groups and removes them.</summary>
    public void Dispose()
    {
        foreach (var slot in _all) slot.Remove();
        foreach (var parent in Parents) RemoveIfEmpty(parent);
    }

    /// <summary>The folders above the slots that belong to this server alone.</summary>
    protected abstract IEnumerable<string> Parents { get; }

    protected abstract ControlGroupSlot Make(int number);

    protected abstract void RemoveLeftovers();

    protected static void RemoveIfEmpty(string folder)
    {
        try
        {
            Directory.Delete(folder);
        }
        catch (IOException)
        {
            // Somebody's sandboxes are in it.
        }
    }

    /// <summary>Writes a setting; one that is not needed may be refused.</summary>
    protected static void Set(string folder, string file, string value, bool isNeeded = true)
    {
        try
        {
            File.WriteAllText(Path.Combine(folder, file), value);
        }
        catch (Exception error) when (!isNeeded && error is IOException or UnauthorizedAccessException)
        {
            // For instance the swap limit, on a kernel without swap accounting.
        }
    }
}

/// <summary>A group that one sandbox at a time runs in.</summary>
/// <param name="folders">Its folder in each hierarchy.</param>
/// <param name="joinFile">The file of each that a process with one thread writes 0 into to join.</param>
/// <param name="killFile">Where writing 1 kills everything in it, on kernels that can.</param>
/// <param name="eventsFile">Where the kernel counts processes killed for want of memory, as <c>oom_kill N</c>.</param>
internal sealed class ControlGroupSlot(
    IReadOnlyList<string> folders, string joinFile, string? killFile, string eventsFile)
{
    /// <summary>Files that a process writes itself into.</summary>
    public IReadOnlyList<string> JoinFiles { get; } = [.. folders.Select(folder => Path.Combine(folder, joinFile))];

    /// <summary>Puts a process that has one thread and no children into it.</summary>
    /// <exception cref="IOException">It could not be put there.</exception>
    public void Add(Native.ChildProcess process)
    {
        foreach (var file in JoinFiles)
        {
            try
            {
                File.WriteAllText(file, process.Id.ToString());
            }
            catch (IOException) when (process.HasExited)
            {
                // There is nothing to confine, and why it ended is on its error output.
                return;
            }
        }
    }

    /// <summary>Files that list the processes in it.</summary>
    public IReadOnlyList<string> MemberFiles { get; } = [.. folders.Select(folder => Path.Combine(folder, "cgroup.procs"))];

    /// <summary>Whether no process is in it.</summary>
    public bool IsEmpty => MemberFiles.All(IsNobodyIn);

    /// <summary>How many processes were killed for want of memory so far.</summary>
    public long OutOfMemoryKills
    {
        get
        {
            const string name = "oom_kill ";
            var line = File.ReadLines(eventsFile).FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal));
            return line is null ? 0 : long.Parse(line.AsSpan(name.Length));
        }
    }

    private static bool IsNobodyIn(string memberFile)
    {
        try
        {
            return File.ReadAllText(memberFile).Length == 0;
        }
        catch (DirectoryNotFoundException)
        {
            // The kernel lets a group be removed only when nobody is in it.
            return true;
        }
    }

    /// <summary>Kills everything in it.</summary>
    public void Kill()
    {
        if (killFile is not null && File.Exists(killFile))
        {
            File.WriteAllText(killFile, "1");
            return;
        }

        foreach (var line in MemberFiles.SelectMany(File.ReadAllLines).Distinct(StringComparer.Ordinal))
            _ = Native.Libc.Kill(int.Parse(line), 9);
    }

    /// <summary>Kills everything in it and removes it, if that can be done at once.</summary>
    public void Remove()
    {
        try
        {
            Kill();
            foreach (var folder in folders) Directory.Delete(folder);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // What is dying keeps its group for a moment; the next start of the server removes it.
        }
    }
}

/// <summary>A mounted hierarchy of control groups.</summary>
/// <param name="Path">Where.</param>
/// <param name="IsV2">Whether it is the unified one.</param>
/// <param name="Controllers">What a version 1 hierarchy controls.</param>
internal sealed record ControlGroupMount(string Path, bool IsV2, IReadOnlyList<string> Controllers)
{
    /// <summary>Reads <c>/proc/self/mountinfo</c>.</summary>
    public static IReadOnlyList<ControlGroupMount> Parse(string mountInfo)
    {
        var mounts = new List<ControlGroupMount>();
        foreach (var line in mountInfo.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = line.Split(" - ", 2);
            if (parts.Length != 2) continue;
            var left = parts[0].Split(' ');
            var right = parts[1].Split(' ');
            if (left.Length < 5 || right.Length < 3) continue;
            if (right[0] == "cgroup2") mounts.Add(new ControlGroupMount(left[4], true, []));
            if (right[0] == "cgroup") mounts.Add(new ControlGroupMount(left[4], false, right[2].Split(',')));
        }

        return mounts;
    }
}
