using System.Collections.Immutable;
using System.Text.Json;
using CodexOS.Knowledge.Bases;
using CodexOS.Knowledge.Contracts;
using CodexOS.Knowledge.Storage;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Http;
using CodexOS.Runs.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace CodexOS.Knowledge.Ingestion;

/// <summary>Performs the steps of an ingestion: finds what waits, and reads batches of it.</summary>
internal sealed class IngestHandler(
    BaseStore bases, BatchReader reader, IDbContextFactory<KnowledgeDb> contexts, IOptions<KnowledgeOptions> options)
    : IEffectHandler
{
    private const int PlannedMax = 5_000;

    /// <inheritdoc />
    public string Effect => IngestProgram.RunKind;

    /// <summary>Reading documents takes a processor for as long as it lasts; questions and agents come first.</summary>
    public EffectPool? Pool { get; } = new(IngestProgram.RunKind, 2);

    /// <inheritdoc />
    public GateVerdict Judge(EffectCall call) => BaseGrant.Judge<IngestStep>(call, RepeatClass.Transactional);

    /// <inheritdoc />
    public async Task<Result<EffectOutput>> PerformAsync(EffectCall call, CancellationToken cancellationToken)
    {
        var step = Json.TryRead<IngestStep>(call.Input)!;
        if (!(await bases.FindAsync(step.Base, cancellationToken)).TryGet(out var place, out var fault)) return fault;
        if (step.Documents.IsEmpty) return Output(await PlanAsync(place, cancellationToken));
        var read = await reader.ReadAsync(place, step.Documents, call.OnProgress, cancellationToken);
        return read.TryGet(out var output, out fault) ? Output(output) with { Usage = output.Usage } : fault;
    }

    private async Task<IngestPlan> PlanAsync(BaseRow place, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var waiting = await db.Documents
            .Where(row => row.BaseId == place.BaseId && row.State == DocumentState.Pending)
            .OrderBy(static row => row.DocumentId).Take(PlannedMax)
            .Select(static row => new { row.DocumentId, row.SizeBytes }).ToListAsync(cancellationToken);
        var (given, batches) = (options.Value, ImmutableArray.CreateBuilder<ImmutableArray<DocumentId>>());
        var (batch, bytes) = (ImmutableArray.CreateBuilder<DocumentId>(), 0L);
        foreach (var document in waiting)
        {
            if (batch.Count > 0 && (batch.Count == given.BatchDocumentsMax || bytes + document.SizeBytes > given.BatchBytesMax))
            {
                batches.Add(batch.DrainToImmutable());
                bytes = 0;
            }

            batch.Add(document.DocumentId);
            bytes += document.SizeBytes;
        }

        if (batch.Count > 0) batches.Add(batch.DrainToImmutable());
        return new IngestPlan(batches.DrainToImmutable());
    }

    private static EffectOutput Output<T>(T output) => new(JsonSerializer.SerializeToElement(output, Json.Options));
}
