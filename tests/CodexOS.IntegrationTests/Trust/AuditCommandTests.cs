using System.Text.Json;
using CodexOS.IntegrationTests.Cli;
using Microsoft.EntityFrameworkCore;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Trust;

/// <summary><c>codexos audit</c> against the real server.</summary>
public sealed class AuditCommandTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_log_is_listed_verified_and_exported()
    {
        await using var world = await AuditWorld.StartAsync(null);
        await world.RecordAsync(5);
        await world.CheckpointAsync();

        var listed = await RunAsync(world, "audit", "list", "--action", "tests.*", "-n", "3");
        listed.Exit.ShouldBe(0, listed.Error);
        listed.Out.ShouldContain("test:4");
        listed.Out.ShouldNotContain("test:1");
        var json = await RunAsync(world, "audit", "list", "--json", "-n", "2");
        JsonElement.Parse(json.Out).GetProperty("items").GetArrayLength().ShouldBe(2);

        var verified = await RunAsync(world, "audit", "verify", "--checkpoints", world.CheckpointFolder);
        verified.Exit.ShouldBe(0, verified.Error);
        verified.Out.ShouldContain("The log is intact: 6 entries, held against 3 checkpoints, 2 of them from outside");

        var file = Path.Combine(world.Server.DataPath, "audit.jsonl");
        (await RunAsync(world, "audit", "export", "--resource", "test", "-o", file)).Exit.ShouldBe(0);
        (await File.ReadAllLinesAsync(file, Token)).Length.ShouldBe(6);
        (await RunAsync(world, "audit", "verify", "--checkpoints", Path.GetTempPath() + "no-such-folder")).Exit.ShouldBe(2);
    }

    [Fact]
    public async Task A_damaged_log_is_told_with_what_is_wrong_and_another_exit_code()
    {
        await using var world = await AuditWorld.StartAsync(null);
        await world.RecordAsync(5);
        await world.CheckpointAsync();
        await world.UnlockAsync();
        await world.ChangeAsync(db => db.Entries.Where(row => row.LeafIndex == 2)
            .ExecuteUpdateAsync(set => set.SetProperty(row => row.Outcome, "failed"), Token));

        var verified = await RunAsync(world, "audit", "verify");

        verified.Exit.ShouldBe(1);
        verified.Error.ShouldContain("Entry 2 is not what was recorded.");
    }

    private static async Task<(int Exit, string Out, string Error)> RunAsync(AuditWorld world, params string[] args)
    {
        using var terminal = new FakeTerminal(world.Server.Url);
        terminal.Environment["CODEXOS_TOKEN"] = world.Client.DefaultRequestHeaders.Authorization!.Parameter!;
        var exit = await terminal.RunAsync(args);
        return (exit, terminal.Out, terminal.Error);
    }
}
