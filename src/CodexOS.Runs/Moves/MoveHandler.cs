using System.Data.Common;
using System.Diagnostics;
using System.Text.Json;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Http;
using CodexOS.Platform.Storage;
using CodexOS.Platform.Tenancy;
using CodexOS.Runs.Contracts;

namespace CodexOS.Runs.Moves;

/// <summary>Performs the stages of a move of a tenant. What a stage has done, it finds done when it is performed again.</summary>
internal sealed class MoveHandler(
    Database database, TenantMoves moves, PlaceChanges changes, MoveSwitch turn) : IEffectHandler
{
    /// <inheritdoc />
    public string Effect => MoveProgram.RunKind;

    /// <summary>It shall not crowd the databases that everybody works on meanwhile.</summary>
    public EffectPool? Pool { get; } = new(MoveProgram.RunKind, 2);

    /// <inheritdoc />
    public GateVerdict Judge(EffectCall call)
    {
        if (Json.TryRead<MoveStep>(call.Input) is null) return new GateVerdict.Refuse(MoveFaults.BadStep);
        return Json.TryRead<MoveGrant>(call.Grant) is { Move: true }
            ? new GateVerdict.Allow(RepeatClass.Keyed)
            : new GateVerdict.Refuse(MoveFaults.NotGranted);
    }

    /// <inheritdoc />
    public async Task<Result<EffectOutput>> PerformAsync(EffectCall call, CancellationToken cancellationToken)
    {
        var step = Json.TryRead<MoveStep>(call.Input)!;
        try
        {
            return step.Stage switch
            {
                MoveStage.Begin => await BeginAsync(call, step, cancellationToken),
                MoveStage.Copy => await CopyAsync(call, step, cancellationToken),
                MoveStage.Switch => await SwitchAsync(call, step, cancellationToken),
                MoveStage.Clean => await CleanAsync(call, step, cancellationToken),
                MoveStage.Stay => await StayAsync(call, step, cancellationToken),
                _ => throw new UnreachableException($"There is no stage {step.Stage}."),
            };
        }
        catch (Exception error) when (error is DbException or IOException or TimeoutException
            && !cancellationToken.IsCancellationRequested)
        {
            return MoveFaults.DatabaseDown(error.Message);
        }
    }

    private async Task<Result<EffectOutput>> BeginAsync(EffectCall call, MoveStep step, CancellationToken cancellationToken)
    {
        var taken = await moves.TakeTurnAsync(call, step.Tenant, step.To, cancellationToken);
        if (!taken.TryGet(out var move, out var fault)) return fault;
        if (!(await RowsAsync(move, cancellationToken)).TryGet(out var rows, out fault))
        {
            await changes.EndAsync(move, cancellationToken);
            return fault;
        }

        // From here on nobody takes half of a tenant for a whole one.
        var target = database.FindPlace(move.Target)!;
        await PlaceChanges.FenceAsync(target, step.Tenant, cancellationToken);
        var left = await rows.RemoveAllAsync(
            target, table => call.OnProgress(new Progress(0, null, "tables", $"Removing what is left in {table.Name}")),
            cancellationToken);
        return OutputOf(new MoveBegun(move.From, left));
    }

    private async Task<Result<EffectOutput>> CopyAsync(EffectCall call, MoveStep step, CancellationToken cancellationToken)
    {
        if (!(await TurnAsync(call, step, cancellationToken)).TryGet(out var move, out var fault)) return fault;
        if (!(await RowsAsync(move, cancellationToken)).TryGet(out var rows, out fault)) return fault;
        var moment = await rows.MomentAsync(cancellationToken);
        var copied = new CopiedRows(0, 0);
        foreach (var (table, place) in rows.Tables.Select(static (table, place) => (table, place)))
        {
            copied += await rows.CopyAsync(
                table, step.Since, isClosed: false,
                (pages, all) => call.OnProgress(new Progress(
                    place, rows.Tables.Count, "tables", $"Copying {table.Name}, {100 * pages / all} %")),
                cancellationToken);
        }

        return OutputOf(new MovePass(moment, copied.Rows, copied.Bytes));
    }

    private async Task<Result<EffectOutput>> SwitchAsync(EffectCall call, MoveStep step, CancellationToken cancellationToken)
    {
        if (!(await TurnAsync(call, step, cancellationToken)).TryGet(out var move, out var fault)) return fault;
        if (!(await RowsAsync(move, cancellationToken)).TryGet(out var rows, out fault)) return fault;
        return (await turn.SwitchAsync(move, rows, step, call, cancellationToken)).TryGet(out var switched, out fault)
            ? OutputOf(switched)
            : fault;
    }

    private async Task<Result<EffectOutput>> CleanAsync(EffectCall call, MoveStep step, CancellationToken cancellationToken)
    {
        var source = database.FindPlace(step.From ?? "");
        // After a crash the turn may have been given back already, by this step or by the keeper.
        if (source is null || await changes.FindAsync(step.Tenant, cancellationToken) is not { HasArrived: true } move
            || move.Run != call.Run.Value)
        {
            return OutputOf(new MoveCleaned(0));
        }

        var removed = await turn.CleanAsync(
            move, source,
            table => call.OnProgress(new Progress(0, null, "tables", $"Removing what was left behind in {table.Name}")),
            cancellationToken);
        return OutputOf(new MoveCleaned(removed));
    }

    private async Task<Result<EffectOutput>> StayAsync(EffectCall call, MoveStep step, CancellationToken cancellationToken)
    {
        if (await changes.FindAsync(step.Tenant, cancellationToken) is { HasArrived: false } move && move.Run == call.Run.Value)
            await turn.StayAsync(move, cancellationToken);
        return OutputOf(new MoveCleaned(0));
    }

    private async Task<Result<PlaceMove>> TurnAsync(EffectCall call, MoveStep step, CancellationToken cancellationToken) =>
        await changes.FindAsync(step.Tenant, cancellationToken) is { } move && move.Run == call.Run.Value
            ? move
            : MoveFaults.TurnLost;

    private async Task<Result<TenantRows>> RowsAsync(PlaceMove move, CancellationToken cancellationToken)
    {
        if (database.FindPlace(move.From) is not { } source) return MoveFaults.NoSuchPlace(move.From);
        if (database.FindPlace(move.Target) is not { } target) return MoveFaults.NoSuchPlace(move.Target);
        var tables = await MovedTables.ReadAsync(source, cancellationToken);
        var others = await MovedTables.ReadAsync(target, cancellationToken);
        return tables.Count == others.Count && tables.Zip(others).All(static pair => pair.First.Matches(pair.Second))
            ? new TenantRows(move.Tenant, source, target, tables)
            : MoveFaults.Unlike;
    }

    private static EffectOutput OutputOf<T>(T output) => new(JsonSerializer.SerializeToElement(output, Json.Options));
}
