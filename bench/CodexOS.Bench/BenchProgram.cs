using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using CodexOS.Platform.Faults;
using CodexOS.Runs.Contracts;

namespace CodexOS.Bench;

/// <summary>Performs a number of steps of one effect, one after another. Input: <c>{ steps, effect }</c>.</summary>
internal sealed class BenchProgram : RunProgram<BenchState>
{
    private static readonly JsonElement s_input = JsonSerializer.SerializeToElement(new { what = "nothing" });

    public override string Kind => "bench";

    protected override BenchState Empty { get; } = new(0, 0, "");

    protected override BenchState Fold(BenchState state, JournaledEvent happened) => happened.Event switch
    {
        RunCreated created => state with
        {
            Steps = created.Input.GetProperty("steps").GetInt32(),
            Effect = created.Input.GetProperty("effect").GetString()!,
        },
        StepCompleted => state with { Over = state.Over + 1 },
        _ => state,
    };

    protected override Decision Decide(BenchState state) => state.Over < state.Steps
        ? new Decision.Perform([new StepRequest($"s{state.Over}", state.Effect, s_input)])
        : new Decision.Complete(JsonSerializer.SerializeToElement("done"));
}

internal sealed record BenchState(int Steps, int Over, string Effect);

/// <summary>Does nothing, and gives a payload of 1 KiB.</summary>
internal sealed class BenchHandler : IEffectHandler
{
    public const string Name = "bench";

    public static EffectOutput Output { get; } =
        new(JsonSerializer.SerializeToElement(new { text = new string('x', 1_000) }));

    public string Effect => Name;

    public GateVerdict Judge(EffectCall call) => new GateVerdict.Allow(RepeatClass.Read);

    public Task<Result<EffectOutput>> PerformAsync(EffectCall call, CancellationToken cancellationToken) =>
        Task.FromResult<Result<EffectOutput>>(Output);
}

/// <summary>
/// Waits as a slow tool does, and measures how long it takes from the end of a run's step to the beginning of its next.
/// </summary>
internal sealed class SlowHandler(string effect, TimeSpan duration) : IEffectHandler
{
    private readonly ConcurrentDictionary<RunId, long> _ends = new();

    public string Effect => effect;

    /// <summary>The lags, in milliseconds.</summary>
    public ConcurrentQueue<double> LagsMs { get; } = new();

    public GateVerdict Judge(EffectCall call) => new GateVerdict.Allow(RepeatClass.Read);

    public async Task<Result<EffectOutput>> PerformAsync(EffectCall call, CancellationToken cancellationToken)
    {
        if (_ends.TryRemove(call.Run, out var end)) LagsMs.Enqueue(Stopwatch.GetElapsedTime(end).TotalMilliseconds);
        await Task.Delay(duration, TimeProvider.System, cancellationToken);
        _ends[call.Run] = Stopwatch.GetTimestamp();
        return BenchHandler.Output;
    }
}

/// <summary>Asks a person first, and tells when it is performed.</summary>
internal sealed class AskingHandler : IEffectHandler
{
    public const string Name = "bench.asks";

    public string Effect => Name;

    /// <summary>When the step of a run began.</summary>
    public ConcurrentDictionary<RunId, TaskCompletionSource<long>> Begun { get; } = new();

    public GateVerdict Judge(EffectCall call) => call.Approval is { Approved: true }
        ? new GateVerdict.Allow(RepeatClass.Read)
        : new GateVerdict.Ask(Name, "Go on", call.Input, new string('a', 64), TimeSpan.FromHours(1));

    public Task<Result<EffectOutput>> PerformAsync(EffectCall call, CancellationToken cancellationToken)
    {
        Begun.GetOrAdd(call.Run, _ => new()).TrySetResult(Stopwatch.GetTimestamp());
        return Task.FromResult<Result<EffectOutput>>(BenchHandler.Output);
    }
}

/// <summary>A step of a small pool, for the fairness figure; tells when the first step of a run begins.</summary>
internal sealed class PooledHandler : IEffectHandler
{
    public const string Name = "bench.pool";
    public const int PoolSize = 16;
    private static readonly TimeSpan s_duration = TimeSpan.FromMilliseconds(20);

    public string Effect => Name;

    public ConcurrentDictionary<RunId, TaskCompletionSource<long>> Begun { get; } = new();

    public GateVerdict Judge(EffectCall call) => new GateVerdict.Allow(RepeatClass.Read);

    public async Task<Result<EffectOutput>> PerformAsync(EffectCall call, CancellationToken cancellationToken)
    {
        if (Begun.TryGetValue(call.Run, out var begun)) begun.TrySetResult(Stopwatch.GetTimestamp());
        await Task.Delay(s_duration, TimeProvider.System, cancellationToken);
        return BenchHandler.Output;
    }
}
