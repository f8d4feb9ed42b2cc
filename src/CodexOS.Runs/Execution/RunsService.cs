using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Tenancy;
using CodexOS.Runs.Contracts;
using CodexOS.Runs.Core;
using CodexOS.Runs.Queries;
using CodexOS.Runs.Scheduling;

namespace CodexOS.Runs.Execution;

/// <summary>Lets runs in, and passes on what people decide about them.</summary>
internal sealed class RunsService(
    RunEngine engine, RunAdmission admission, RunQueries queries, IGrainFactory grains, TenantContext tenants,
    TimeProvider clock) : IRuns
{
    private const int IdempotencyKeyLengthMax = 200;

    public async Task<Result<Run>> StartAsync(RunStart start, CancellationToken cancellationToken)
    {
        if (!engine.Drives(start.Kind)) return RunFaults.UnknownProgram(start.Kind);
        if (start.IdempotencyKey is { Length: 0 or > IdempotencyKeyLengthMax })
        {
            return new Fault(
                "runs.bad_idempotency_key",
                FaultKind.Invalid,
                $"An Idempotency-Key has 1 to {IdempotencyKeyLengthMax} characters.");
        }

        var id = start.IdempotencyKey is { } key ? IdOf(start.Tenant, key) : RunId.New(clock);
        if (admission.Admit(start.Tenant, id) is { } refusal) return refusal;
        try
        {
            return await StartAsync(id, start, cancellationToken);
        }
        finally
        {
            admission.Settle(id);
        }
    }

    public Task<Result<Run>> GetAsync(RunId id, CancellationToken cancellationToken) =>
        queries.GetAsync(id, cancellationToken);

    /// <summary>Decides an approval.</summary>
    public async Task<Result<Approval>> DecideAsync(
        RunId run, ApprovalId approval, bool approve, string argumentsHash, string by, string? note,
        CancellationToken cancellationToken)
    {
        if (!await queries.ExistsAsync(run, cancellationToken)) return RunFaults.NotFound(run);
        var known = await queries.ApprovalAsync(run, approval, cancellationToken);
        if (!known.TryGet(out var asked, out _)) return known;
        if (asked.State is ApprovalState.Expired) return RunFaults.ApprovalExpired;
        if (asked.State is not ApprovalState.Pending) return RunFaults.ApprovalDecided;
        var answer = Read(await grains.GetGrain<IRunGrain>(run.Value)
            .DecideAsync(approval.Value, approve, argumentsHash, by, note));
        return answer is null ? await queries.ApprovalAsync(run, approval, cancellationToken) : answer;
    }

    /// <summary>Decides what becomes of a step in doubt.</summary>
    public async Task<Result<Run>> ResolveAsync(
        RunId run, string step, int occurrence, bool retry, string by, string? note, CancellationToken cancellationToken)
    {
        if (!await queries.ExistsAsync(run, cancellationToken)) return RunFaults.NotFound(run);
        var answer = Read(await grains.GetGrain<IRunGrain>(run.Value).ResolveAsync(step, occurrence, retry, by, note));
        return answer is null ? await queries.GetAsync(run, cancellationToken) : answer;
    }

    /// <summary>Ends a run.</summary>
    public async Task<Result<Run>> CancelAsync(RunId run, string by, string? reason, CancellationToken cancellationToken)
    {
        if (!await queries.ExistsAsync(run, cancellationToken)) return RunFaults.NotFound(run);
        var answer = Read(await grains.GetGrain<IRunGrain>(run.Value).CancelAsync(by, reason));
        return answer is null ? await queries.GetAsync(run, cancellationToken) : answer;
    }

    private async Task<Result<Run>> StartAsync(RunId id, RunStart start, CancellationToken cancellationToken)
    {
        var at = clock.Milliseconds();
        var asked = JsonSerializer.Serialize(start, RunEventContext.Default.RunStart);
        if (Read(await grains.GetGrain<IRunGrain>(id.Value).StartAsync(asked, at)) is { } fault) return fault;
        return start.IdempotencyKey is null
            ? NewRun(id, start, at)
            : await FirstRunAsync(id, start, cancellationToken);
    }

    /// <summary>
    /// The id of a start with an idempotency key is a hash of tenant and key (a UUID version 8, RFC 9562), so that the
    /// journal's own uniqueness makes a second start impossible, whichever processes race.
    /// </summary>
    private static RunId IdOf(TenantId tenant, string key)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{tenant}|{key}"));
        hash[6] = (byte)((hash[6] & 0x0F) | 0x80);
        hash[8] = (byte)((hash[8] & 0x3F) | 0x80);
        return new RunId(new Guid(hash.AsSpan(0, 16), bigEndian: true));
    }

    /// <summary>The run that the key started, which may be an earlier one.</summary>
    private async Task<Result<Run>> FirstRunAsync(RunId id, RunStart start, CancellationToken cancellationToken)
    {
        using var tenant = tenants.Enter(start.Tenant);
        var started = await queries.GetAsync(id, cancellationToken);
        return !started.TryGet(out var run, out _)
            || (run.Kind == start.Kind && run.Subject == start.Subject && run.Title == start.Title)
            ? started
            : RunFaults.KeyReused;
    }

    private static Run NewRun(RunId id, RunStart start, DateTimeOffset at) => new(
        id, start.Kind, start.Subject, start.SubjectVersion, start.Title, RunStatus.Queued, at, null, null, 1, 0, 0, 0, 0,
        start.Labels.Workspace, start.Labels.Model, start.Labels.ModelIsReal, [], null, null);

    private static Fault? Read(string? fault) =>
        fault is null ? null : JsonSerializer.Deserialize(fault, RunEventContext.Default.Fault);
}
