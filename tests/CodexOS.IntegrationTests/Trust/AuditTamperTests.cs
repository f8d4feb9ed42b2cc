using CodexOS.Testing.Postgres;
using CodexOS.Trust.Audit;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Trust;

/// <summary>Whatever the owner of the database does to the log is found, on both databases.</summary>
public sealed class AuditTamperTests(PostgresCluster postgres)
{
    private const int Entries = 12;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_log_that_nobody_touched_is_intact(bool onPostgres)
    {
        await using var world = await RecordedAsync(onPostgres);

        var report = await world.VerifyAsync();

        report.Findings.ShouldBeEmpty();
        report.Intact.ShouldBeTrue();
        report.Entries.ShouldBeGreaterThan(Entries);
        (report.Checkpoints, report.Copies).ShouldBe((4, 2));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_edited_entry_is_found(bool onPostgres)
    {
        await using var world = await RecordedAsync(onPostgres);
        await world.UnlockAsync();
        await world.ChangeAsync(db => db.Entries.Where(row => row.LeafIndex == 3)
            .ExecuteUpdateAsync(set => set.SetProperty(row => row.ResourceId, "something else"), Token));

        ShouldFind(await world.VerifyAsync(), AuditFindingKind.EntryChanged, 3);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Entries_that_changed_places_are_found(bool onPostgres)
    {
        await using var world = await RecordedAsync(onPostgres);
        await world.UnlockAsync();
        await world.ChangeAsync(async db =>
        {
            await MoveAsync(db, 3, 1_000);
            await MoveAsync(db, 5, 3);
            return await MoveAsync(db, 1_000, 5);
        });

        var report = await world.VerifyAsync();
        ShouldFind(report, AuditFindingKind.EntryChanged, 3);
        ShouldFind(report, AuditFindingKind.EntryChanged, 5);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_deleted_entry_is_found(bool onPostgres)
    {
        await using var world = await RecordedAsync(onPostgres);
        await world.UnlockAsync();
        await world.ChangeAsync(db => db.Entries.Where(row => row.LeafIndex == 4).ExecuteDeleteAsync(Token));

        ShouldFind(await world.VerifyAsync(), AuditFindingKind.EntryMissing, 4);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_entry_that_is_missing_under_a_new_tree_is_found_by_the_checkpoints(bool onPostgres)
    {
        await using var world = await RecordedAsync(onPostgres);
        await world.UnlockAsync();
        await world.ChangeAsync(async db =>
        {
            await db.Entries.Where(row => row.LeafIndex == 4).ExecuteDeleteAsync(Token);
            var later = await db.Entries.AsNoTracking().Where(row => row.LeafIndex > 4).OrderBy(row => row.LeafIndex)
                .Select(row => row.LeafIndex).ToListAsync(Token);
            foreach (var index in later) await MoveAsync(db, index, index - 1);
            return later.Count;
        });
        await world.RestampAsync(checkpoints: false);

        var report = await world.VerifyAsync();
        report.Findings.Select(static finding => finding.Kind).ShouldContain(AuditFindingKind.CheckpointContradicted);
        report.Findings.Select(static finding => finding.Kind).ShouldContain(AuditFindingKind.LogTruncated);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_truncated_log_is_found_even_where_its_tree_and_its_checkpoints_were_cut_as_well(bool onPostgres)
    {
        await using var world = await RecordedAsync(onPostgres);
        await world.UnlockAsync();
        await world.ChangeAsync(db => db.Entries.Where(row => row.LeafIndex >= 9).ExecuteDeleteAsync(Token));
        ShouldFind(await world.VerifyAsync(), AuditFindingKind.EntryMissing, 9);

        await world.RestampAsync(checkpoints: true);

        var report = await world.VerifyAsync();
        ShouldFind(report, AuditFindingKind.LogTruncated, 9, world.CheckpointFolder[..^(world.Tenant.ToString().Length + 1)]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_log_that_was_written_anew_with_the_servers_own_key_is_found_by_the_copies(bool onPostgres)
    {
        await using var world = await RecordedAsync(onPostgres);
        await world.UnlockAsync();
        await world.ChangeAsync(db => db.Entries.Where(row => row.LeafIndex == 3)
            .ExecuteUpdateAsync(set => set.SetProperty(row => row.ActorId, "somebody else"), Token));
        await world.RestampAsync(checkpoints: true);

        var report = await world.VerifyAsync();
        report.Findings.ShouldContain(finding => finding.Kind == AuditFindingKind.CheckpointContradicted);

        // Who takes the copies of the server away as well still cannot take those away that others keep.
        var first = Directory.GetFiles(world.CheckpointFolder).Order(StringComparer.Ordinal).First();
        var kept = await File.ReadAllTextAsync(first, Token);
        Directory.Delete(world.CheckpointFolder, recursive: true);
        (await world.VerifyAsync()).Intact.ShouldBeTrue();
        (await world.VerifyAsync(kept)).Findings
            .ShouldContain(finding => finding.Kind == AuditFindingKind.CheckpointContradicted && finding.Source == "given");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_damaged_hash_a_changed_fact_and_a_forged_checkpoint_are_found(bool onPostgres)
    {
        await using var world = await RecordedAsync(onPostgres);
        await world.UnlockAsync();
        var none = new byte[32];
        await world.ChangeAsync(db => db.Nodes.Where(row => row.NodeLevel == 1 && row.NodeIndex == 2)
            .ExecuteUpdateAsync(set => set.SetProperty(row => row.Hash, none), Token));
        await world.ChangeAsync(async db =>
        {
            var facts = await db.Personal.AsNoTracking().Where(row => row.Field == "email").Take(2).ToListAsync(Token);
            var (entry, other) = (facts[0].EntryId, facts[1].Fact);
            return await db.Personal.Where(row => row.EntryId == entry && row.Field == "email")
                .ExecuteUpdateAsync(set => set.SetProperty(row => row.Fact, other), Token);
        });
        await world.ChangeAsync(async db =>
        {
            var row = await db.Checkpoints.OrderBy(row => row.Size).FirstAsync(Token);
            var note = row.Note.Replace($"\n{row.Size}\n", $"\n{row.Size + 1}\n", StringComparison.Ordinal);
            return await db.Checkpoints.Where(one => one.Size == row.Size)
                .ExecuteUpdateAsync(set => set.SetProperty(one => one.Note, note), Token);
        });

        var kinds = (await world.VerifyAsync()).Findings.Select(static finding => finding.Kind).ToList();

        kinds.ShouldContain(AuditFindingKind.TreeDamaged);
        kinds.ShouldContain(AuditFindingKind.PersonalChanged);
        kinds.ShouldContain(AuditFindingKind.CheckpointForged);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_copy_that_is_gone_and_a_checkpoint_that_only_a_copy_shows_are_found(bool onPostgres)
    {
        await using var world = await RecordedAsync(onPostgres);
        File.Delete(Directory.GetFiles(world.CheckpointFolder).Order(StringComparer.Ordinal).First());
        await world.UnlockAsync();
        await world.ChangeAsync(async db =>
        {
            var newest = await db.Checkpoints.MaxAsync(row => row.Size, Token);
            return await db.Checkpoints.Where(row => row.Size == newest).ExecuteDeleteAsync(Token);
        });

        var missing = (await world.VerifyAsync()).Findings
            .Where(static finding => finding.Kind == AuditFindingKind.CheckpointMissing).ToList();

        missing.Count.ShouldBe(2);
        missing.ShouldContain(static finding => finding.Source == "database");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_statement_that_would_change_the_log_is_refused(bool onPostgres)
    {
        await using var world = await RecordedAsync(onPostgres);

        await RefusedAsync(world, static db => db.Entries.ExecuteUpdateAsync(set => set.SetProperty(row => row.ActorId, ""), Token));
        await RefusedAsync(world, static db => db.Entries.ExecuteDeleteAsync(Token));
        var none = new byte[32];
        await RefusedAsync(world, db => db.Nodes.ExecuteUpdateAsync(set => set.SetProperty(row => row.Hash, none), Token));
        await RefusedAsync(world, static db => db.Nodes.ExecuteDeleteAsync(Token));
        await RefusedAsync(world, static db => db.Checkpoints.ExecuteDeleteAsync(Token));
    }

    private async Task<AuditWorld> RecordedAsync(bool onPostgres)
    {
        var world = await AuditWorld.StartAsync(onPostgres ? postgres : null);
        await world.RecordAsync(Entries / 2);
        await world.CheckpointAsync();
        await world.RecordAsync(Entries / 2);
        await world.CheckpointAsync();
        return world;
    }

    private static Task<int> MoveAsync(CodexOS.Trust.Storage.TrustDb db, long from, long to) =>
        db.Entries.Where(row => row.LeafIndex == from)
            .ExecuteUpdateAsync(set => set.SetProperty(row => row.LeafIndex, to), Token);

    private static void ShouldFind(AuditReport report, AuditFindingKind kind, long index, string? source = null)
    {
        report.Intact.ShouldBeFalse();
        report.Findings.ShouldContain(finding =>
            finding.Kind == kind && finding.Index == index && (source == null || finding.Source == source));
    }

    private static async Task RefusedAsync(AuditWorld world, Func<CodexOS.Trust.Storage.TrustDb, Task<int>> change)
    {
        var refused = await Should.ThrowAsync<Exception>(() => world.ChangeAsync(change));
        (refused.GetBaseException() is SqliteException or PostgresException).ShouldBeTrue();
        refused.GetBaseException().Message.ShouldContain("only ever appended to");
    }
}
