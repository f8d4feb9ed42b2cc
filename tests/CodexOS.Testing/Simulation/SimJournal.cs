using CodexOS.Platform.Ids;
using CodexOS.Runs;
using CodexOS.Runs.Contracts;
using CodexOS.Runs.Journal;
using Microsoft.Extensions.Logging;

namespace CodexOS.Testing.Simulation;

/// <summary>One node's journal: the real group commit and its retries, over the simulated database.</summary>
internal sealed class SimJournal(
    SimDatabase database, SimProcess process, SimMutation mutation, RunsOptions options, TimeProvider clock, ILogger log)
    : BatchedJournal(1, 1, options, clock, log)
{
    public override async Task<ClaimedRun?> ClaimAsync(
        RunId run, string owner, DateTimeOffset at, CancellationToken cancellationToken)
    {
        var id = AppendId.New(Clock);
        var claimed = await database.AskAsync(true, () => database.Claim(run, owner, at, id));
        return claimed is not var (tenant, epoch)
            ? null
            : new ClaimedRun(tenant, epoch, await ReadAsync(run, -1, int.MaxValue, cancellationToken));
    }

    private protected override Task<StoredEvent?> HeadOwnAsync(RunId run, CancellationToken cancellationToken) =>
        database.AskAsync(false, () => database.Find(run)?.Events[^1].Event);

    public override Task<bool> StillOwnsAsync(RunId run, int epoch, CancellationToken cancellationToken) =>
        database.AskAsync(false, () => database.Find(run)?.Epoch == epoch);

    public override Task<IReadOnlyList<RunId>> OrphansAsync(
        string owner, int limit, CancellationToken cancellationToken) =>
        database.AskAsync(false, () => database.Where(
            row => row.Shown.Status <= RunStatus.Running && row.Owner != owner && !database.Members.Contains(row.Owner),
            limit));

    public override Task<IReadOnlyList<(RunId Run, int Epoch)>> OwnedAsync(
        string owner, int limit, CancellationToken cancellationToken) =>
        database.AskAsync<IReadOnlyList<(RunId, int)>>(false, () =>
        [
            .. database.Where(row => row.Shown.Status <= RunStatus.Running && row.Owner == owner, limit)
                .Select(run => (run, database.Find(run)!.Epoch)),
        ]);

    public override Task<IReadOnlyList<RunId>> ParentsToWakeAsync(int limit, CancellationToken cancellationToken) =>
        database.AskAsync(false, () => database.Where(
            row => row.Shown.Status is RunStatus.Waiting && mutation is not SimMutation.LosesWakes
                && database.Rows.Exists(child => child.Made.Parent == row.Run && child.Ended),
            limit));

    public override Task<IReadOnlyList<RunId>> ForsakenAsync(int limit, CancellationToken cancellationToken) =>
        database.AskAsync(false, () => database.Where(
            row => !row.Ended && database.HasEnded(row.Made.Parent), limit));

    public override Task<IReadOnlyList<RunId>> OpenChildrenAsync(
        RunId parent, int limit, CancellationToken cancellationToken) =>
        database.AskAsync(false, () => database.Where(row => row.Made.Parent == parent && !row.Ended, limit));

    public override Task<IReadOnlyList<RunId>> DueAsync(
        DateTimeOffset now, int limit, CancellationToken cancellationToken) =>
        database.AskAsync(false, () => database.Where(
            row => row.Shown.WakeAt <= now && mutation is not SimMutation.LosesWakes, limit));

    private protected override Task<IReadOnlyList<StoredEvent>> ReadOwnAsync(
        RunId run, int afterSeq, int limit, CancellationToken cancellationToken) =>
        database.AskAsync(false, () => database.ReadOwn(run, afterSeq, limit));

    private protected override Task<(TenantId Tenant, EffectUsage Usage, long DurationMs)?> EndAsync(
        RunId run, CancellationToken cancellationToken) =>
        database.AskAsync<(TenantId, EffectUsage, long)?>(false, () => database.Find(run) is { Ended: true } row
            ? (row.Tenant, row.Shown.Usage, (long)(row.Shown.EndedAt!.Value - row.CreatedAt).TotalMilliseconds)
            : null);

    private protected override Task<JournalPlace?> PlaceAsync(RunId run, CancellationToken cancellationToken) =>
        database.AskAsync(false, () => database.Find(run) is { } row
            ? new JournalPlace(row.Tenant, row.Made.ForkedFrom, row.Made.ForkSeq ?? -1, null)
            : null);

    private protected override ValueTask CloseAsync() => ValueTask.CompletedTask;

    private protected override Task RunWriter(int writer) => process.Do(() => LoopAsync(writer));

    private protected override async ValueTask WriteAsync(
        int writer, List<Pending> batch, CancellationToken cancellationToken)
    {
        var groups = batch.ConvertAll(pending => pending.Records);
        if (mutation is SimMutation.AnswersBeforeCommit)
            foreach (var pending in batch) pending.Complete(true);
        var written = await database.AskAsync(true, () => groups.ConvertAll(group => database.Append(group, mutation)));
        for (var i = 0; i < batch.Count; i++) batch[i].Complete(written[i]);
    }
}
