using System.Text.Json;
using CodexOS.Platform.Faults;
using CodexOS.Runs.Contracts;

namespace CodexOS.Testing.Simulation;

/// <summary>The effects of simulated runs.</summary>
internal static class SimEffects
{
    public const string Read = "sim.read";
    public const string Transactional = "sim.transactional";
    public const string Keyed = "sim.keyed";
    public const string Queryable = "sim.queryable";
    public const string Unsafe = "sim.unsafe";
    public const string Asks = "sim.asks";
    public const string Undo = "sim.undo";

    /// <summary>What a step uses that reserves it before, and what one uses that does not.</summary>
    public const int TokensReserved = 10, TokensUnreserved = 7;

    public static IEnumerable<IEffectHandler> On(SimProcess process, SimLedger ledger, TimeProvider clock, SimMutation mutation) =>
    [
        new SimHandler(Read, RepeatClass.Read, process, ledger, clock, mutation),
        new SimHandler(Transactional, RepeatClass.Transactional, process, ledger, clock, mutation),
        new SimHandler(Keyed, RepeatClass.Keyed, process, ledger, clock, mutation),
        new SimHandler(Queryable, RepeatClass.Queryable, process, ledger, clock, mutation),
        new SimHandler(Unsafe, RepeatClass.Unsafe, process, ledger, clock, mutation),
        new SimHandler(Asks, RepeatClass.Keyed, process, ledger, clock, mutation),
        new SimHandler(Undo, RepeatClass.Keyed, process, ledger, clock, mutation),
    ];
}

/// <summary>
/// Performs one kind of simulated effect on one node: late, sometimes not at all, sometimes breaking off before or after,
/// sometimes deaf to being told to stop.
/// </summary>
internal sealed class SimHandler(
    string effect, RepeatClass repeat, SimProcess process, SimLedger ledger, TimeProvider clock, SimMutation mutation)
    : IEffectHandler
{
    private static readonly string s_hash = new('a', 64);
    private readonly SimWorld _world = process.World;

    public string Effect => effect;

    public GateVerdict Judge(EffectCall call)
    {
        if (effect == SimEffects.Asks && call.Approval is not { Approved: true } && mutation is not SimMutation.SkipsApprovals)
        {
            return call.Approval is null
                ? new GateVerdict.Ask(effect, call.Step, call.Input, s_hash, TimeSpan.FromSeconds(30))
                : new GateVerdict.Refuse(new Fault("sim.denied", FaultKind.NotAllowed, "Denied."));
        }

        return new GateVerdict.Allow(mutation is SimMutation.RepeatsUnsafe && repeat is RepeatClass.Unsafe ? RepeatClass.Keyed : repeat)
        {
            Reserve = effect is SimEffects.Read or SimEffects.Undo
                ? null
                : new EffectUsage(SimEffects.TokensReserved, 0, 0),
        };
    }

    public async Task<Result<EffectOutput>> PerformAsync(EffectCall call, CancellationToken cancellationToken)
    {
        ledger.Attempted(effect, call);
        if (_world.Traced) _world.Say($"{process.Name}: performs {effect} {ledger.Show(call)}");
        var heeds = _world.Chance(700) ? cancellationToken : CancellationToken.None;
        await PauseAsync(heeds);
        if (_world.Chance(60)) return new Fault("sim.failed", FaultKind.Unavailable, "The other side refused.");
        if (_world.Chance(20)) throw new SimTroubleException();
        if (_world.Chance(100)) call.OnProgress(new Progress(1, 2, "parts", null));
        var output = await ledger.TakePlaceAsync(effect, call);
        await PauseAsync(heeds);
        if (_world.Chance(20)) throw new SimTroubleException();
        return output;
    }

    public Task<ProbeAnswer> ProbeAsync(EffectCall call, CancellationToken cancellationToken) =>
        effect == SimEffects.Queryable ? ledger.ProbeAsync(call) : Task.FromResult<ProbeAnswer>(new ProbeAnswer.Unknown("No."));

    public Compensation? CompensationOf(EffectCall call) =>
        effect == SimEffects.Unsafe ? SimLedger.UndoOf(call) : null;

    private Task PauseAsync(CancellationToken heeds)
    {
        var milliseconds = _world.Next(10) switch { < 4 => 0, < 8 => _world.Next(50), 8 => _world.Next(3_000), _ => _world.Next(15_000) };
        return milliseconds == 0 && !heeds.IsCancellationRequested
            ? Task.CompletedTask
            : Task.Delay(TimeSpan.FromMilliseconds(milliseconds), clock, heeds);
    }
}

/// <summary>What a handler breaks off with.</summary>
internal sealed class SimTroubleException() : Exception("The handler broke off.");

/// <summary>
/// The world that effects reach, outside of every node: it counts what was tried and what took place, recognises keys
/// where an API would, and goes on with what a node asked for though the node is gone.
/// </summary>
internal sealed class SimLedger(SimWorld world, SimChecks checks)
{
    private readonly Dictionary<string, int> _attempts = new(StringComparer.Ordinal);
    private readonly HashSet<string> _done = new(StringComparer.Ordinal);
    private readonly Dictionary<string, HashSet<string>> _undone = new(StringComparer.Ordinal);

    public int AttemptsCount { get; private set; }

    /// <summary>Notes that a node begins an effect.</summary>
    public void Attempted(string effect, EffectCall call)
    {
        AttemptsCount++;
        _attempts[call.Key] = _attempts.GetValueOrDefault(call.Key) + 1;
        checks.Attempting(effect, call, _attempts[call.Key]);
    }

    /// <summary>Has an effect take place; its answer may be late, and nobody may be there any more to hear it.</summary>
    public Task<Result<EffectOutput>> TakePlaceAsync(string effect, EffectCall call)
    {
        var answer = new TaskCompletionSource<Result<EffectOutput>>(TaskCreationOptions.RunContinuationsAsynchronously);
        world.After(world.Chance(300) ? world.Moment(30) : TimeSpan.Zero, () =>
        {
            _done.Add(call.Key);
            if (effect == SimEffects.Undo)
            {
                var undone = call.Input.GetProperty("key").GetString()!;
                if (!_undone.TryGetValue(undone, out var by)) _undone[undone] = by = new(StringComparer.Ordinal);
                by.Add(call.Key);
            }

            answer.TrySetResult(OutputOf(effect, call));
        });
        return answer.Task;
    }

    public Task<ProbeAnswer> ProbeAsync(EffectCall call)
    {
        var answer = new TaskCompletionSource<ProbeAnswer>(TaskCreationOptions.RunContinuationsAsynchronously);
        world.After(TimeSpan.Zero, () => answer.TrySetResult(
            world.Chance(100) ? new ProbeAnswer.Unknown("It cannot be told.")
            : _done.Contains(call.Key) ? new ProbeAnswer.TookPlace(OutputOf(SimEffects.Queryable, call))
            : new ProbeAnswer.DidNot()));
        return answer.Task;
    }

    /// <summary>How often an effect was undone, under different keys.</summary>
    public int UndoneCount(string key) => _undone.TryGetValue(key, out var by) ? by.Count : 0;

    public string Show(EffectCall call) => $"{checks.NameOf(call.Run)}:{call.Step}:{call.Occurrence}";

    internal static Compensation UndoOf(EffectCall call) =>
        new(SimEffects.Undo, JsonSerializer.SerializeToElement(new { key = call.Key }));

    private static EffectOutput OutputOf(string effect, EffectCall call) => new(
        call.Input, effect is SimEffects.Undo
            ? null
            : new EffectUsage(effect is SimEffects.Read ? SimEffects.TokensUnreserved : SimEffects.TokensReserved, 0, 0))
    {
        Compensation = effect is SimEffects.Keyed or SimEffects.Queryable or SimEffects.Asks ? UndoOf(call) : null,
    };
}
