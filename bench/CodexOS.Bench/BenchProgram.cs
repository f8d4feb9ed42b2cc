using System.Text.Json;
using CodexOS.Platform.Faults;
using CodexOS.Runs.Contracts;

namespace CodexOS.Bench;

/// <summary>Performs a number of steps one after another, each of which gives a fixed payload.</summary>
internal sealed class BenchProgram : RunProgram<BenchState>
{
    private static readonly JsonElement s_input = JsonSerializer.SerializeToElement(new { what = "nothing" });

    public override string Kind => "bench";

    protected override BenchState Empty { get; } = new(0, 0);

    protected override BenchState Fold(BenchState state, JournaledEvent happened) => happened.Event switch
    {
        RunCreated created => state with { Steps = created.Input.GetProperty("steps").GetInt32() },
        StepCompleted => state with { Over = state.Over + 1 },
        _ => state,
    };

    protected override Decision Decide(BenchState state) => state.Over < state.Steps
        ? new Decision.Perform([new StepRequest($"s{state.Over}", "bench", s_input)])
        : new Decision.Complete(JsonSerializer.SerializeToElement("done"));
}

internal sealed record BenchState(int Steps, int Over);

/// <summary>Does nothing, and gives a payload of 1 KiB.</summary>
internal sealed class BenchHandler : IEffectHandler
{
    private static readonly EffectOutput s_output =
        new(JsonSerializer.SerializeToElement(new { text = new string('x', 1_000) }));

    public string Effect => "bench";

    public GateVerdict Judge(EffectCall call) => new GateVerdict.Allow(RepeatClass.Read);

    public Task<Result<EffectOutput>> PerformAsync(EffectCall call, CancellationToken cancellationToken) =>
        Task.FromResult<Result<EffectOutput>>(s_output);
}
