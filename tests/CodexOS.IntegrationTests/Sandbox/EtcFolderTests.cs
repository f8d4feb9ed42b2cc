using CodexOS.Sandbox.Execution;
using CodexOS.Testing;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Sandbox;

/// <summary>What programs see as <c>/etc</c> is made once for all servers of a machine that would make the same.</summary>
public sealed class EtcFolderTests
{
    [Fact]
    public async Task Servers_that_start_at_once_share_one_folder_and_leave_no_half_made_one()
    {
        using var parent = new TempDirectory();
        var settings = Settings();

        var folders = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ =>
            Task.Run(() => new EtcFolder(settings, parent.Path).Current(), TestContext.Current.CancellationToken)));

        var folder = folders.Distinct().ShouldHaveSingleItem();
        Directory.GetDirectories(parent.Path).ShouldBe([folder]);
        File.ReadAllBytes(Path.Combine(folder, "passwd")).ShouldBe(LaunchPlan.Passwd);
        File.Exists(Path.Combine(folder, "shadow")).ShouldBeFalse();
    }

    [Fact]
    public void Other_files_make_another_folder_and_the_one_before_stays()
    {
        using var parent = new TempDirectory();
        var settings = Settings();
        var first = new EtcFolder(settings, parent.Path).Current();

        var second = new EtcFolder(settings with { SystemFiles = [.. settings.SystemFiles, "/etc/hostname"] }, parent.Path).Current();

        second.ShouldNotBe(first);
        Directory.Exists(first).ShouldBeTrue();
        File.Exists(Path.Combine(second, "hostname")).ShouldBeTrue();
        File.Exists(Path.Combine(first, "hostname")).ShouldBeFalse();
    }

    [Fact]
    public void What_cannot_be_made_leaves_nothing()
    {
        using var parent = new TempDirectory();
        var settings = Settings();

        // Nothing can be read from the beginning of a process's memory.
        Should.Throw<IOException>(() => new EtcFolder(settings with { SystemFiles = ["/etc/../proc/self/mem"] }, parent.Path));

        Directory.GetFileSystemEntries(parent.Path).ShouldBeEmpty();
    }

    private static LaunchSettings Settings() => LaunchSettings.Read(new(), hasControlGroups: true).Value;
}
