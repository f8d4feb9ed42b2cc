using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Tenancy;
using CodexOS.Runs.Contracts;
using CodexOS.Runs.Core;
using CodexOS.Runs.Queries;

namespace CodexOS.Runs.Execution;

/// <summary>Lets runs in, and passes on what people decide about them.</summary>
internal sealed class RunsService(
    RunEngine engine, RunQueries queries, IGrainFactory grains, TenantContext tenants, TimeProvider clock) : IRuns
{
    private const int IdempotencyKeyLengthMax = 200;
    private const int PlaceTriesMax = 6;
    private static readonly TimeSpan s_placePause = TimeSpan.FromMilliseconds(50);

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

        if (engine.Refusal is { } refusal) return refusal;
        var id = start.IdempotencyKey is { } key ? IdOf(start.Tenant, key) : RunId.New(clock);
        var at = clock.Milliseconds();
        var asked = JsonSerializer.Serialize(start, RunEventContext.Default.RunStart);
        if (await PlaceAsync(id, asked, at, cancellationToken) is { } fault) return fault;
        return start.IdempotencyKey is null
            ? NewRun(id, start, at)
            : await FirstRunAsync(id, start, cancellationToken);
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
        var answer = await AskAsync(run, grain => grain.DecideAsync(approval.Value, approve, argumentsHash, by, note));
        return answer is null ? await queries.ApprovalAsync(run, approval, cancellationToken) : answer;
    }

    /// <summary>Decides what becomes of a step in doubt.</summary>
    public async Task<Result<Run>> ResolveAsync(
        RunId run, string step, int occurrence, bool retry, string by, string? note, CancellationToken cancellationToken)
    {
        if (!await queries.ExistsAsync(run, cancellationToken)) return RunFaults.NotFound(run);
        var answer = await AskAsync(run, grain => grain.ResolveAsync(step, occurrence, retry, by, note));
        return answer is null ? await queries.GetAsync(run, cancellationToken) : answer;
    }

    /// <summary>Ends a run.</summary>
    public async Task<Result<Run>> CancelAsync(RunId run, string by, string? reason, CancellationToken cancellationToken)
    {
        if (!await queries.ExistsAsync(run, cancellationToken)) return RunFaults.NotFound(run);
        var answer = await AskAsync(run, grain => grain.CancelAsync(by, reason));
        return answer is null ? await queries.GetAsync(run, cancellationToken) : answer;
    }

    /// <summary>
    /// Starts the run wherever it is placed. A node that is about to stop turns it away, and one may die in the middle; the
    /// id is the same with every try, so the run is made once.
    /// </summary>
    private async Task<Fault?> PlaceAsync(
        RunId id, string start, DateTimeOffset at, CancellationToken cancellationToken)
    {
        for (var tries = 1; ; tries++)
        {
            var fault = await AskAsync(id, grain => grain.StartAsync(start, at));
            if (fault?.Code != RunFaults.Moved.Code || tries == PlaceTriesMax) return fault;
            await Task.Delay(s_placePause * tries, clock, cancellationToken);
        }
    }

    /// <summary>Calls the run's grain; a node that cannot be reached is a fault to try again, not a bug.</summary>
    private async Task<Fault?> AskAsync(RunId run, Func<IRunGrain, Task<string?>> ask)
    {
        try
        {
            return Read(await ask(grains.GetGrain<IRunGrain>(run.Value)));
        }
        catch (Exception unreachable) when (unreachable is SiloUnavailableException or OrleansMessageRejectionException)
        {
            return RunFaults.Moved;
        }
        catch (OrleansException nowhere) when (nowhere.Message.StartsWith("No active nodes", StringComparison.Ordinal))
        {
            return RunFaults.NoWorker;
        }
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
        id, start.Kind, start.Subject, start.SubjectVersion, start.Title, RunStatus.Running, at, null, null, 1, 0, 0, 0, 0,
        start.Labels.Workspace, start.Labels.Model, start.Labels.ModelIsReal, [], null, null);

    private static Fault? Read(string? fault) =>
        fault is null ? null : JsonSerializer.Deserialize(fault, RunEventContext.Default.Fault);
}
