using CodexOS.Testing;
using CodexOS.Testing.Chaos;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Chaos;

/// <summary>
/// A short campaign of the kind that <c>./run chaos</c> runs for hours: real processes on three databases, killed a
/// hundred times. On a failure the seed in the output brings the same mishaps back.
/// </summary>
/// <remarks>Nothing runs beside it: it leaves no processor to tests that expect an answer in their lifetime.</remarks>
[CollectionDefinition(nameof(ShortCampaignTests), DisableParallelization = true)]
[Collection(nameof(ShortCampaignTests))]
public sealed class ShortCampaignTests
{
    private const int Kills = 110;

    // It takes two minutes on two busy cores; a machine that is busier still takes longer and proves as much.
    private static readonly TimeSpan s_most = TimeSpan.FromMinutes(8);

    [Fact]
    public async Task Whatever_is_killed_no_run_is_lost_and_no_effect_is_repeated_against_its_promise()
    {
        using var logs = new TempDirectory();
        var said = new List<string>();
        var report = await Campaign.RunAsync(
            new ChaosOptions
            {
                Duration = s_most,
                KillsMax = Kills,
                Seed = 3_005,
                LogDirectory = logs.Path,
                Systems =
                [
                    new SystemOptions("sqlite", Postgres: false, Nodes: 1, RunsOpen: 12) { Pace = 0.4 },
                    new SystemOptions("sqlite-full", Postgres: false, Nodes: 1, RunsOpen: 12) { Pace = 0.4, SmallDisk = true },
                    new SystemOptions("postgres", Postgres: true, Nodes: 1, RunsOpen: 12) { Pace = 0.4 },
                ],
            },
            said.Add,
            TestContext.Current.CancellationToken);

        TestContext.Current.TestOutputHelper!.WriteLine($"{string.Join(Environment.NewLine, said)}\n\n{report}");
        report.Violations.ShouldBeEmpty();
        report.Kills.ShouldBeGreaterThanOrEqualTo(100);
        foreach (var system in report.Systems)
        {
            system.Runs.ShouldBeGreaterThan(0);
            system.TakenOver.ShouldBeGreaterThan(0);
        }

        // The campaign is worth something only if it met what it looks for.
        report.Systems.Sum(system => system.EffectsRepeated).ShouldBeGreaterThan(0);
        report.Systems.Sum(system => system.Decided).ShouldBeGreaterThan(0);
        report.Systems.Sum(system => system.CommitsWithoutAnswer).ShouldBeGreaterThan(0);
    }
}
