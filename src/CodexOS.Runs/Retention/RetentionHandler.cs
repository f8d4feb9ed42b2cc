using System.Diagnostics;
using System.Text.Json;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Http;
using CodexOS.Platform.Storage;
using CodexOS.Runs.Contracts;
using CodexOS.Trust.Contracts;

namespace CodexOS.Runs.Retention;

/// <summary>
/// Performs <c>runs.retention</c>. What a stage has done it finds done, so performing one again only does what is left.
/// </summary>
internal sealed class RetentionHandler(
    RunArchiver archiver, BlobTrash trash, Partitions partitions, IEnumerable<IRetainedData> others, Database database,
    RunsOptions options) : IEffectHandler
{
    public string Effect => RetentionStep.Effect;

    /// <summary>It is in no hurry and shall not crowd the database.</summary>
    public EffectPool? Pool { get; } = new(RetentionStep.Effect, 1);

    public GateVerdict Judge(EffectCall call)
    {
        if (Json.TryRead<RetentionStep>(call.Input) is null) return new GateVerdict.Refuse(BadStep);
        return Json.TryRead<RetentionGrant>(call.Grant) is { Retention: true }
            ? new GateVerdict.Allow(RepeatClass.Keyed)
            : new GateVerdict.Refuse(NotGranted);
    }

    public async Task<Result<EffectOutput>> PerformAsync(EffectCall call, CancellationToken cancellationToken)
    {
        var step = Json.TryRead<RetentionStep>(call.Input)!;
        Result<RetentionOutcome> performed = step.Stage switch
        {
            RetentionStage.Archive => await archiver.ArchiveAsync(step.Before, step.After, cancellationToken),
            RetentionStage.Delete => await archiver.DeleteAsync(step.Before, cancellationToken),
            RetentionStage.Keys => await archiver.ForgetKeysAsync(step.Before, cancellationToken),
            RetentionStage.Blobs => await trash.EmptyAsync(cancellationToken),
            RetentionStage.Room => await RoomAsync(cancellationToken),
            RetentionStage.Others => await OthersAsync(step, cancellationToken),
            _ => throw new UnreachableException($"There is no stage {step.Stage}."),
        };
        if (!performed.TryGet(out var outcome, out var fault)) return fault;
        call.OnProgress(new Progress(step.DoneBefore + outcome.Done, null, "runs", step.Stage.ToString()));
        return new EffectOutput(JsonSerializer.SerializeToElement(outcome, Json.Options));
    }

    private async Task<RetentionOutcome> OthersAsync(RetentionStep step, CancellationToken cancellationToken)
    {
        var (done, more) = (0, false);
        foreach (var other in others)
        {
            if (step.OthersBefore?.TryGetValue(other.Rule.Kind, out var before) is not true) continue;
            var removed = await other.RemoveOlderAsync(before, options.RetentionRowsMax, cancellationToken);
            done += removed;
            more |= removed == options.RetentionRowsMax;
        }

        return new RetentionOutcome(done, 0, more);
    }

    private async Task<RetentionOutcome> RoomAsync(CancellationToken cancellationToken)
    {
        if (database.Dialect is SqlDialect.Postgres)
        {
            var made = await partitions.MakeAsync(cancellationToken);
            return new RetentionOutcome(made + await partitions.DropAsync(cancellationToken), 0, More: false);
        }

        // Free pages go back to the disk a few at a time, so that the journal's writer never waits for long.
        await using var connection = await database.OpenAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA freelist_count";
        var before = Convert.ToInt32(
            await command.ExecuteScalarAsync(cancellationToken), System.Globalization.CultureInfo.InvariantCulture);
        command.CommandText = $"PRAGMA incremental_vacuum({options.RetentionRowsMax})";
        await using (var pages = await command.ExecuteReaderAsync(cancellationToken))
        {
            while (await pages.ReadAsync(cancellationToken))
            {
            }
        }

        command.CommandText = "PRAGMA freelist_count";
        var after = Convert.ToInt32(
            await command.ExecuteScalarAsync(cancellationToken), System.Globalization.CultureInfo.InvariantCulture);
        // A database of an older version does not give pages back; it uses them again.
        return new RetentionOutcome(before - after, 0, More: after > 0 && after < before);
    }

    private static Fault BadStep { get; } = new(
        "runs.bad_retention", FaultKind.Internal, "The step does not say what is old. Start retention again.");

    private static Fault NotGranted { get; } = new(
        "runs.retention_not_granted", FaultKind.NotAllowed, "Only a run that was started for retention may do this.");
}
