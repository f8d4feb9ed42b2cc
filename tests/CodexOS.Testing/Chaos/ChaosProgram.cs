using System.Collections.Immutable;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using CodexOS.Platform.Faults;
using CodexOS.Runs.Contracts;

namespace CodexOS.Testing.Chaos;

/// <summary>
/// Performs the stages of its input one after the other; a stage is a few steps side by side, or a sleep. Input:
/// <c>{ "stages": [{ "steps": [{ "step": "a", "effect": "chaos.keyed", "ms": 5, "bytes": 9 }] }, { "sleepMs": 200 }] }</c>.
/// </summary>
internal sealed class ChaosProgram : RunProgram<ChaosState>
{
    public const string Name = "chaos";

    public override string Kind => Name;

    protected override ChaosState Empty { get; } = new([], 0, ImmutableDictionary<string, string>.Empty, default);

    protected override ChaosState Fold(ChaosState state, JournaledEvent happened)
    {
        state = state with { Now = happened.At };
        return happened.Event switch
        {
            RunCreated created => state with
            {
                Stages = [.. created.Input.GetProperty("stages").EnumerateArray().Select(StageOf)],
            },
            StepCompleted completed => Over(state, completed.Step, "completed"),
            StepFailed failed => Over(state, failed.Step, failed.Fault.Code),
            TimerFired => state with { Next = state.Next + 1 },
            _ => state,
        };
    }

    protected override Decision Decide(ChaosState state)
    {
        if (state.Next == state.Stages.Length)
        {
            var text = string.Join(' ', state.Ends.OrderBy(end => end.Key).Select(end => $"{end.Key}={end.Value}"));
            return new Decision.Complete(JsonSerializer.SerializeToElement(new { text }));
        }

        var stage = state.Stages[state.Next];
        return stage.Sleep is { } sleep
            ? new Decision.Sleep($"t{state.Next}", state.Now + sleep)
            : new Decision.Perform([.. stage.Steps.Where(step => !state.Ends.ContainsKey(step.Step))]);
    }

    private static ChaosStage StageOf(JsonElement stage) => stage.TryGetProperty("sleepMs", out var sleep)
        ? new ChaosStage([], TimeSpan.FromMilliseconds(sleep.GetInt32()))
        : new ChaosStage(
            [.. stage.GetProperty("steps").EnumerateArray().Select(step => new StepRequest(
                step.GetProperty("step").GetString()!, step.GetProperty("effect").GetString()!, step))],
            null);

    private static ChaosState Over(ChaosState state, string step, string end)
    {
        var ends = state.Ends.SetItem(step, end);
        var over = state.Stages[state.Next].Steps.All(one => ends.ContainsKey(one.Step));
        return state with { Ends = ends, Next = over ? state.Next + 1 : state.Next };
    }
}

/// <summary>How far a run has come.</summary>
internal sealed record ChaosState(
    ImmutableArray<ChaosStage> Stages, int Next, ImmutableDictionary<string, string> Ends, DateTimeOffset Now);

/// <summary>Steps, or a sleep.</summary>
internal sealed record ChaosStage(ImmutableArray<StepRequest> Steps, TimeSpan? Sleep);

/// <summary>Asks the ledger for an effect of one repeat class.</summary>
internal sealed class ChaosHandler(RepeatClass repeat, string ledger, string node) : IEffectHandler
{
    public static string EffectOf(RepeatClass repeat) => $"chaos.{repeat.ToString().ToLowerInvariant()}";

    public string Effect { get; } = EffectOf(repeat);

    public GateVerdict Judge(EffectCall call) => new GateVerdict.Allow(repeat);

    public async Task<Result<EffectOutput>> PerformAsync(EffectCall call, CancellationToken cancellationToken)
    {
        var ms = call.Input.GetProperty("ms").GetInt32();
        var answer = await AskAsync($"perform {repeat} {call.Key} {node} {ms}", cancellationToken);
        return OutputOf(call, answer);
    }

    public async Task<ProbeAnswer> ProbeAsync(EffectCall call, CancellationToken cancellationToken)
    {
        var answer = await AskAsync($"probe {call.Key}", cancellationToken);
        return answer == "not" ? new ProbeAnswer.DidNot() : new ProbeAnswer.TookPlace(OutputOf(call, answer));
    }

    private static EffectOutput OutputOf(EffectCall call, string answer) => new(JsonSerializer.SerializeToElement(new
    {
        receipt = int.Parse(answer.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture),
        pad = new string('x', call.Input.GetProperty("bytes").GetInt32()),
    }));

    private async Task<string> AskAsync(string question, CancellationToken cancellationToken)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(ledger), cancellationToken);
        await using var stream = new NetworkStream(socket);
        await stream.WriteAsync(Encoding.ASCII.GetBytes(question + "\n"), cancellationToken);
        using var reader = new StreamReader(stream, Encoding.ASCII);
        return await reader.ReadLineAsync(cancellationToken) ?? throw new IOException("The ledger hung up.");
    }
}
