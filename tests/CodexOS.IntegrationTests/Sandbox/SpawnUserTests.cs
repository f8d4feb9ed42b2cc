using CodexOS.Sandbox.Native;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Sandbox;

/// <summary>A child that is spawned as another user, and the thread that spawned it.</summary>
public sealed class SpawnUserTests
{
    private const uint Somebody = 200_950;

    [Fact]
    [Trait("battery", "19")]
    public void A_child_is_that_user_altogether_and_has_no_group_and_no_capability_besides()
    {
        if (Libc.GetEffectiveUser() != 0)
        {
            Should.Throw<IOException>(() => Status(Somebody));
            return;
        }

        var lines = Status(Somebody);
        lines.ShouldContain($"Uid:\t{Somebody}\t{Somebody}\t{Somebody}\t{Somebody}");
        lines.ShouldContain($"Gid:\t{Somebody}\t{Somebody}\t{Somebody}\t{Somebody}");
        lines.Single(line => line.StartsWith("Groups:", StringComparison.Ordinal)).Trim().ShouldBe("Groups:");
        foreach (var set in (string[])["CapInh", "CapPrm", "CapEff", "CapAmb"])
            lines.ShouldContain($"{set}:\t0000000000000000");
    }

    [Fact]
    public void The_thread_that_spawned_it_is_again_who_it_was()
    {
        var before = OwnLines();
        try
        {
            _ = Status(Somebody);
        }
        catch (IOException)
        {
            // Only root may do it.
        }

        OwnLines().ShouldBe(before);
    }

    [Fact]
    public void A_child_that_is_given_no_user_is_that_of_the_server() =>
        Status(null).ShouldContain(OwnLines().Single(line => line.StartsWith("Uid:", StringComparison.Ordinal)));

    private static string[] OwnLines() =>
    [
        .. File.ReadAllLines("/proc/thread-self/status").Where(line =>
            line.StartsWith("Uid:", StringComparison.Ordinal) || line.StartsWith("Gid:", StringComparison.Ordinal)
            || line.StartsWith("Groups:", StringComparison.Ordinal) || line.StartsWith("CapEff:", StringComparison.Ordinal)),
    ];

    private static string[] Status(uint? user)
    {
        var (read, write) = Descriptors.Pipe();
        using var readEnd = read;
        using var writeEnd = write;
        using var nothing = File.OpenHandle("/dev/null");
        using var child = ChildProcess.Start("/bin/cat", ["cat", "/proc/self/status"], [], [nothing, write, write], user);
        write.Dispose();
        using var output = new StreamReader(new FileStream(read, FileAccess.Read));
        var lines = output.ReadToEnd().Split('\n');
        child.Reap().ShouldBe(0);
        return lines;
    }
}
