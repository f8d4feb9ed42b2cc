using System.Text.Json;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Http;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Storage;
using CodexOS.Platform.Tenancy;
using CodexOS.Runs.Contracts;
using Microsoft.Extensions.DependencyInjection;

namespace CodexOS.Runs.Moves;

/// <summary>Starts moves of tenants, and sees to it that there is one at a time of each.</summary>
internal sealed class TenantMoves(
    Database database, TenantPlaces places, PlaceChanges changes, TenantContext tenants, RunsOptions options,
    IServiceProvider services)
{
    private const int StepsMax = 100;

    /// <summary>Asked for when they are needed: the engine is made of the handlers that ask for this.</summary>
    private IRuns Runs => services.GetRequiredService<IRuns>();

    private ITenantRegister Register => services.GetRequiredService<ITenantRegister>();

    /// <summary>Starts the run that moves a tenant; it is the caller's tenant's.</summary>
    public async Task<Result<Run>> StartAsync(
        TenantId tenant, string to, Caller by, string? idempotencyKey, CancellationToken cancellationToken)
    {
        if (!(await CheckAsync(tenant, to, cancellationToken)).TryGet(out var found, out var fault)) return fault;
        if (await GoingAsync(tenant, cancellationToken) is { } going && idempotencyKey is null)
            return MoveFaults.Busy(going.Id);
        return await Runs.StartAsync(
            new RunStart(
                by.Tenant, by.User, MoveProgram.RunKind, "tenants", 1, $"Move of {found.Name} to {to}",
                JsonSerializer.SerializeToElement(new MoveInput(tenant, to), Json.Options),
                JsonSerializer.SerializeToElement(new MoveGrant(Move: true), Json.Options),
                new RunLimits(StepsMax, options.MoveTimeMax, TokensMax: 1, CostMaxMicroUsd: 0),
                RunLabels.None, idempotencyKey),
            cancellationToken);
    }

    /// <summary>Whether a tenant can be moved to a place.</summary>
    public async Task<Result<RegisteredTenant>> CheckAsync(TenantId tenant, string to, CancellationToken cancellationToken)
    {
        if (await Register.FindAsync(tenant, cancellationToken) is not { } found) return MoveFaults.NoSuchTenant;
        if (found.IsHome) return MoveFaults.HomeStays;
        if (database.FindPlace(to) is not { } target) return MoveFaults.NoSuchPlace(to);
        return places.Of(tenant) == target ? MoveFaults.IsThere(to) : found;
    }

    /// <summary>Takes the turn for a run; a fault if another one has it.</summary>
    public async Task<Result<PlaceMove>> TakeTurnAsync(
        EffectCall call, TenantId tenant, string to, CancellationToken cancellationToken)
    {
        if (await changes.FindAsync(tenant, cancellationToken) is { } open && open.Run == call.Run.Value) return open;
        if (!(await CheckAsync(tenant, to, cancellationToken)).TryGet(out _, out var fault)) return fault;
        if (await GoingAsync(tenant, cancellationToken) is { } going) return MoveFaults.Busy(going.Id);
        // What an ended move has left is seen to by MoveKeeper, and not taken over half done.
        var move = new PlaceMove(tenant, places.Of(tenant).Name, to, call.Run.Value, call.Tenant);
        return await changes.BeginAsync(move, cancellationToken) ? move : MoveFaults.Busy(null);
    }

    /// <summary>The run that moves a tenant, unless it has ended.</summary>
    private async Task<Run?> GoingAsync(TenantId tenant, CancellationToken cancellationToken) =>
        await changes.FindAsync(tenant, cancellationToken) is { } move ? await GoingAsync(move, cancellationToken) : null;

    /// <summary>The run of a move, unless it has ended.</summary>
    public async Task<Run?> GoingAsync(PlaceMove move, CancellationToken cancellationToken)
    {
        using var entered = tenants.Enter(move.In);
        return (await Runs.GetAsync(new RunId(move.Run), cancellationToken)).TryGet(out var run, out _)
            && run.Status is not (RunStatus.Completed or RunStatus.Failed or RunStatus.Cancelled)
                ? run
                : null;
    }
}
