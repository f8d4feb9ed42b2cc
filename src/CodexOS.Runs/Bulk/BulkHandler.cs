using System.Collections.Immutable;
using System.Text.Json;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Http;
using CodexOS.Platform.Ids;
using CodexOS.Runs.Contracts;
using CodexOS.Runs.Core;
using CodexOS.Runs.Execution;
using CodexOS.Runs.Journal;
using CodexOS.Runs.Scheduling;
using Microsoft.Extensions.DependencyInjection;

namespace CodexOS.Runs.Bulk;

/// <summary>
/// Performs <c>runs.bulk</c>. Collecting changes nothing. Acting is keyed: a run that is as wished already stays as it is,
/// and one that this bulk run has tried again before is recognised by its journal, so a batch that is done again after a
/// crash does nothing twice.
/// </summary>
internal sealed class BulkHandler(
    BulkQueries queries, IRunMailboxes mailboxes, IJournal journal, RunPayloads payloads, RunAdmission admission,
    IServiceProvider services, RunsOptions options, TimeProvider clock) : IEffectHandler
{
    private const short RetriedKind = 26;
    private const int EventsAtOnce = 500;
    private static readonly TimeSpan BusyWait = TimeSpan.FromSeconds(1);

    public string Effect => BulkStep.Effect;

    /// <summary>The runs themselves have places of their own to find; this only tells them.</summary>
    public EffectPool? Pool { get; } = new(BulkStep.Effect, 4);

    public GateVerdict Judge(EffectCall call)
    {
        if (Json.TryRead<BulkStep>(call.Input) is not { } step) return new GateVerdict.Refuse(BulkFaults.BadStep);
        if (Json.TryRead<BulkGrant>(call.Grant) is not { } grant || grant.Bulk != step.Input.Operation)
            return new GateVerdict.Refuse(BulkFaults.NotGranted);
        return new GateVerdict.Allow(step.Batch is null ? RepeatClass.Read : RepeatClass.Keyed);
    }

    public async Task<Result<EffectOutput>> PerformAsync(EffectCall call, CancellationToken cancellationToken)
    {
        var step = Json.TryRead<BulkStep>(call.Input)!;
        if (step.Batch is null)
            return OutputOf(await queries.CollectAsync(step.Input, step.After, cancellationToken));
        if (call.Prepared is not ImmutableArray<RunId> runs) return BulkFaults.BadStep;

        var by = $"{step.Input.By} ({call.Run})";
        var (done, failures, gate) = (0, ImmutableArray.CreateBuilder<BulkFailure>(), new Lock());
        var atOnce = new ParallelOptions
        {
            MaxDegreeOfParallelism = options.BulkAtOnceMax,
            CancellationToken = cancellationToken,
        };
        await Parallel.ForEachAsync(runs, atOnce, async (run, stopping) =>
        {
            var fault = await ActAsync(call.Tenant, run, step.Input, by, stopping);
            lock (gate)
            {
                if (fault is null) done++;
                else failures.Add(new BulkFailure(run, fault.Code, fault.Message));
                call.OnProgress(new Progress(step.Done + done + failures.Count, step.Total, "runs", null));
            }
        });
        return OutputOf(new BulkOutcome(done, [.. failures.OrderByDescending(failure => failure.Run)]));
    }

    private async Task<Fault?> ActAsync(
        TenantId tenant, RunId run, BulkInput input, string by, CancellationToken cancellationToken)
    {
        RunCommand command;
        switch (input.Operation)
        {
            case BulkOperation.Pause:
                command = new RunCommand.Pause(by, input.Reason);
                break;
            case BulkOperation.Cancel:
                command = new RunCommand.Cancel(by, input.Reason, Hard: false);
                break;
            case BulkOperation.Resume:
                await RoomAsync(cancellationToken);
                command = new RunCommand.Resume(by);
                break;
            case BulkOperation.Retry:
                await RoomAsync(cancellationToken);
                if (await WasRetriedAsync(tenant, run, by, cancellationToken)) return null;
                command = new RunCommand.Retry(by, input.Reason, null);
                break;
            default:
                var planned = await UpgradeAsync(run, input.ToVersion, by, cancellationToken);
                if (!planned.TryGet(out var upgrade, out var obstacle)) return obstacle;
                command = upgrade;
                break;
        }

        var answer = await mailboxes.Of(run).CommandAsync(
            JsonSerializer.Serialize(command, RunEventContext.Default.RunCommand));
        var fault = answer is null ? null : JsonSerializer.Deserialize(answer, RunEventContext.Default.Fault);
        // A run that ended meanwhile needs no cancelling.
        return input.Operation is BulkOperation.Cancel && fault == RunFaults.AlreadyEnded ? null : fault;
    }

    /// <summary>Waits while this process has its hands full, so that many runs set going again do not crowd it.</summary>
    private async Task RoomAsync(CancellationToken cancellationToken)
    {
        while (admission.IsCrowded) await Task.Delay(BusyWait, clock, cancellationToken);
    }

    private async Task<bool> WasRetriedAsync(
        TenantId tenant, RunId run, string by, CancellationToken cancellationToken)
    {
        var after = -1;
        while (true)
        {
            var events = await journal.ReadAsync(run, after, EventsAtOnce, cancellationToken);
            foreach (var happened in events.Where(happened => happened.Kind == RetriedKind))
            {
                var payload = await payloads.LoadAsync(tenant, happened.Payload, cancellationToken);
                if (((RunRetried)RunEventJson.Read(RetriedKind, payload)).By == by) return true;
            }

            if (events.Count < EventsAtOnce) return false;
            after = events[^1].Seq;
        }
    }

    private async Task<Result<RunCommand>> UpgradeAsync(
        RunId run, int? toVersion, string by, CancellationToken cancellationToken)
    {
        var kind = await queries.KindOfAsync(run, cancellationToken);
        // Upgraders look runs up, which takes the engine, which takes its handlers: so they are asked for only here.
        if (services.GetServices<IRunUpgrader>().FirstOrDefault(one => one.Kind == kind) is not { } upgrader)
            return BulkFaults.NotUpgradable(kind);
        var planned = await upgrader.PlanAsync(run, toVersion, by, cancellationToken);
        return planned.TryGet(out var to, out var fault)
            ? new RunCommand.Upgrade(to.ToVersion, by, to.Input, to.Grant, to.Limits, DryRun: false)
            : fault;
    }

    private static Result<EffectOutput> OutputOf<T>(T output) =>
        new EffectOutput(JsonSerializer.SerializeToElement(output, Json.Options));
}
