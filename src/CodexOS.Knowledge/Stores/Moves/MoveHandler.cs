using System.Diagnostics;
using System.Text.Json;
using CodexOS.Knowledge.Bases;
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
    public GateVerdict Judge(EffectCall call) => BaseGrant.Judge<MoveStep>(call, RepeatClass.Transactional);

    /// <inheritdoc />
    public async Task<Result<EffectOutput>> PerformAsync(EffectCall call, CancellationToken cancellationToken)
    {
        var step = Json.TryRead<MoveStep>(call.Input)!;
        if (!(await bases.FindAsync(step.Base, cancellationToken)).TryGet(out var place, out var fault)) return fault;
        return step.Phase switch
        {
            MovePhase.Copy => await CopyAsync(place, step.To, call.OnProgress, cancellationToken),
            MovePhase.Drop => await DropAsync(place, cancellationToken),
            var unknown => throw new UnreachableException($"A move has no phase {unknown}."),
        };
    }

    private async Task<Result<EffectOutput>> CopyAsync(
        BaseRow place, string target, Action<Progress> onProgress, CancellationToken cancellationToken)
    {
        var moved = await indexes.UseVectorsAsync(
            place,
            vectors => vectors.MoveAsync(
                target, (done, all) => onProgress(new Progress(done, all, "vectors", $"Copying to {target}")), cancellationToken),
            cancellationToken);
        if (!moved.TryGet(out var count, out var fault)) return fault;
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await db.Bases.Where(row => row.BaseId == place.BaseId).ExecuteUpdateAsync(
            set => set.SetProperty(static row => row.Store, target), cancellationToken);
        return Output(new MoveOutput(count, null));
    }

    private async Task<Result<EffectOutput>> DropAsync(BaseRow place, CancellationToken cancellationToken)
    {
        var dropped = await indexes.UseVectorsAsync(
            place, vectors => vectors.DropAsync(cancellationToken), cancellationToken);
        return dropped.TryGet(out var left, out var fault) ? Output(new MoveOutput(null, left)) : fault;
    }

    private static EffectOutput Output(MoveOutput output) => new(JsonSerializer.SerializeToElement(output, Json.Options));
}
