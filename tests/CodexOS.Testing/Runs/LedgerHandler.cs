using System.Collections.Concurrent;
using System.Text.Json;
using CodexOS.Platform.Faults;
using CodexOS.Runs.Contracts;

namespace CodexOS.Testing.Runs;

/// <summary>
/// A handler for tests that writes down what was performed, outside of the engine. Tests hold a step with
/// <see cref="Hold"/>, and learn of its beginning from <see cref="BegunAsync"/>.
/// </summary>
public sealed class LedgerHandler(string effect, RepeatClass repeat, bool asks = false) : IEffectHandler
{
    private readonly ConcurrentDictionary<string, TaskCompletionSource> _held = new();
    private readonly ConcurrentDictionary<string, TaskCompletionSource> _begun = new();

    /// <inheritdoc />
    public string Effect => effect;

    /// <summary>The idempotency keys of all performances, in order.</summary>
    public ConcurrentQueue<string> Performed { get; } = new();

    /// <summary>Writes text of a step that is being performed, by step.</summary>
    public ConcurrentDictionary<string, Action<string>> Writers { get; } = new();

    /// <summary>What a probe answers.</summary>
    public ProbeAnswer Probe { get; set; } = new ProbeAnswer.Unknown("Nobody looked.");

    /// <summary>Steps that throw in the middle.</summary>
    public HashSet<string> Throws { get; } = [];

    /// <summary>Steps that the gate refuses.</summary>
    public HashSet<string> Refused { get; } = [];

    /// <summary>Steps that fail, until they are taken out.</summary>
    public HashSet<string> Fails { get; } = [];

    /// <summary>The effect that undoes what this one did; null if nothing can.</summary>
    public string? UndoneBy { get; init; }

    /// <summary>What each call sets aside of the budgets.</summary>
    public EffectUsage? Reserve { get; set; }

    /// <summary>Makes a step wait until it is released or cancelled.</summary>
    public TaskCompletionSource Hold(string step) =>
        _held.GetOrAdd(step, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));

    /// <summary>Waits until a step has begun.</summary>
    public Task BegunAsync(string step, CancellationToken cancellationToken) =>
        Begun(step).Task.WaitAsync(cancellationToken);

    /// <inheritdoc />
    public GateVerdict Judge(EffectCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        if (Refused.Contains(call.Step))
            return new GateVerdict.Refuse(new Fault("test.refused", FaultKind.NotAllowed, "The test refuses it."));
        if (!asks || call.Approval is { Approved: true }) return new GateVerdict.Allow(repeat) { Reserve = Reserve };
        return call.Approval is { } denied
            ? new GateVerdict.Refuse(new Fault("test.denied", FaultKind.NotAllowed, denied.Note ?? "Denied."))
            : new GateVerdict.Ask(effect, $"Perform {call.Step}", call.Input, new string('a', 64), TimeSpan.FromHours(1));
    }

    /// <inheritdoc />
    public async Task<Result<EffectOutput>> PerformAsync(EffectCall call, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(call);
        Performed.Enqueue(call.Key);
        call.OnDelta($"working on {call.Step}");
        Writers[call.Step] = call.OnDelta;
        Begun(call.Step).TrySetResult();
        if (_held.TryGetValue(call.Step, out var held)) await held.Task.WaitAsync(cancellationToken);
        if (Throws.Contains(call.Step)) throw new InvalidDataException("The test makes it throw.");
        if (Fails.Contains(call.Step)) return new Fault("test.failed", FaultKind.Conflict, "The test makes it fail.");
        return new EffectOutput(JsonSerializer.SerializeToElement(new { done = call.Key }), new EffectUsage(10, 5, 7))
        {
            Compensation = CompensationOf(call),
        };
    }

    /// <inheritdoc />
    public Compensation? CompensationOf(EffectCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        return UndoneBy is null ? null : new Compensation(UndoneBy, JsonSerializer.SerializeToElement(new { undo = call.Key }));
    }

    /// <inheritdoc />
    public Task<ProbeAnswer> ProbeAsync(EffectCall call, CancellationToken cancellationToken) => Task.FromResult(Probe);

    private TaskCompletionSource Begun(string step) =>
        _begun.GetOrAdd(step, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
}
