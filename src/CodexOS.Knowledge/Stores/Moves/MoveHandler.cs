using System.Text.Json;
using CodexOS.Knowledge.Bases;
using CodexOS.Knowledge.Ingestion;
using CodexOS.Knowledge.Search;
using CodexOS.Knowledge.Storage;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Http;
using CodexOS.Runs.Contracts;
using Microsoft.EntityFrameworkCore;

namespace CodexOS.Knowledge.Stores.Moves;

/// <summary>Performs the steps of a move.</summary>
internal sealed class MoveHandler(BaseStore bases, IndexKeeper indexes, IDbContextFactory<KnowledgeDb> contexts) : IEffectHandler
{
    /// <inheritdoc />
    public string Effect => MoveProgram.RunKind;

    /// <summary>Making vectors anew takes a processor; questions and agents come first.</summary>
    public EffectPool? Pool { get; } = new(MoveProgram.RunKind, 1);

    /// <inheritdoc />
    public GateVerdict Judge(EffectCall call)
    {
        if (Json.TryRead<MoveStep>(call.Input) is not { } step) return new GateVerdict.Refuse(KnowledgeFaults.BadStep);
        return Json.TryRead<IngestGrant>(call.Grant)?.Base == step.Base
            ? new GateVerdict.Allow(RepeatClass.Transactional)
            : new GateVerdict.Refuse(KnowledgeFaults.NotGranted);
    }

    /// <inheritdoc />
    public async Task<Result<EffectOutput>> PerformAsync(EffectCall call, CancellationToken cancellationToken)
    {
        var step = Json.TryRead<MoveStep>(call.Input)!;
        if (!(await bases.FindAsync(step.Base, cancellationToken)).TryGet(out var place, out var fault)) return fault;
        switch (step.Phase)
        {
            case MovePhase.Copy:
                var copied = await indexes.UseVectorsAsync(
                    place,
                    vectors => vectors.CopyAsync(
                        step.To, (done, all) => call.OnProgress(new Progress(done, all, "vectors", $"Copying to {step.To}")),
                        cancellationToken),
                    cancellationToken);
                return copied.TryGet(out var count, out fault) ? Output(count) : fault;
            case MovePhase.Switch:
                var changed = await indexes.UseVectorsAsync(
                    place, vectors => vectors.ChangeOverAsync(step.To, cancellationToken), cancellationToken);
                if (!changed.IsOk) return changed.Fault;
                await using (var db = await contexts.CreateDbContextAsync(cancellationToken))
                {
                    await db.Bases.Where(row => row.BaseId == step.Base).ExecuteUpdateAsync(
                        set => set.SetProperty(static row => row.Store, step.To), cancellationToken);
                }

                return Output(null);
            default:
                var dropped = await indexes.UseVectorsAsync(
                    place, vectors => vectors.DropAsync(step.From, cancellationToken), cancellationToken);
                return dropped.IsOk ? Output(null) : dropped.Fault;
        }
    }

    private static EffectOutput Output(long? vectors) =>
        new(JsonSerializer.SerializeToElement(new MoveOutput(vectors), Json.Options));
}
