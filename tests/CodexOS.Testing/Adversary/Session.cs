using System.Collections.Immutable;
using System.Diagnostics;
using System.Text.Json;
using CodexOS.Agents.Program;
using CodexOS.Inference.Contracts;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Http;
using CodexOS.Platform.Ids;
using CodexOS.Runs.Contracts;
using CodexOS.Tools.Contracts;

namespace CodexOS.Testing.Adversary;

/// <summary>How much of the guard stands.</summary>
internal enum Guard
{
    /// <summary>None: every call is made. The control: attacks must succeed, or the harness proves nothing.</summary>
    Off,

    /// <summary>Only the tools that the task needs are granted.</summary>
    ToolList,

    /// <summary>And arguments keep to what an author can say in advance.</summary>
    Arguments,

    /// <summary>And labels: everything.</summary>
    Labels,

    /// <summary>Labels alone, with every tool of the environment granted.</summary>
    LabelsAlone,
}

/// <summary>What came of one run.</summary>
internal sealed record SessionResult(int Asked, int Refused, Label Answer, string? Failure);

/// <summary>
/// One run of an agent: the real program decides, the real gate judges, the real handler performs; only the model is
/// scripted. Whatever the journal holds is folded as the engine folds it.
/// </summary>
internal sealed class Session(
    GateParts parts, Guard guard, JsonElement grant, TenantId tenant, TimeProvider clock, List<double>? judgedMicroseconds = null)
{
    private const int TurnsMax = 60;

    private readonly IRunProgram _program = new AgentProgram(parts.Filter);
    private readonly List<RunEvent> _events = [];
    private object _state = null!;

    /// <summary>The outputs that the model has read, in order.</summary>
    public List<string> Outputs { get; } = [];

    /// <summary>Whether a fork of the run goes on after the first output, as a person can make one.</summary>
    public bool Forks { get; init; }

    /// <summary>Runs to the end.</summary>
    /// <param name="task">What the user, or the run above, wants.</param>
    /// <param name="label">The label of the task; null where a user wrote it.</param>
    /// <param name="next">The calls of the next turn; none ends the run.</param>
    /// <param name="approves">What a person says who is asked.</param>
    public async Task<SessionResult> RunAsync(
        string task, JsonElement? label, Func<IReadOnlyList<TraceCall>> next, Func<TraceCall, bool> approves)
    {
        _state = _program.Start();
        var input = new AgentRunInput(task, new PinnedAgent(
            "You help the user with their tasks.", "scripted:adversary", "react", [], null, null, 1_000_000, 64, 100)
        {
            ToolLabels = parts.Catalogue.All.ToImmutableDictionary(
                static tool => tool.Name, static tool => new Label(tool.Source, tool.OutputReaders)),
        });
        Append(new RunCreated(
            "agent", "adversary", 1, "Task", new UserId(tenant.Value), JsonSerializer.SerializeToElement(input, Json.Options),
            grant, new RunLimits(1_000, TimeSpan.FromHours(1), 1_000_000, 0), RunLabels.None)
        {
            InputLabel = label,
        });
        var (asked, refused) = (0, 0);
        for (var turn = 1; turn <= TurnsMax; turn++)
        {
            switch (_program.Decide(_state))
            {
                case Decision.Complete complete:
                    return new SessionResult(asked, refused, Label.Read(complete.Label), null);
                case Decision.Fail fail:
                    return new SessionResult(asked, refused, Label.Unknown, fail.Fault.Code);
                case Decision.Perform { Steps: [{ Effect: ChatCall.Effect } model] }:
                    Append(new StepCompleted(model.Step, 1, Reply(turn, next()), null, 1));
                    if (Forks && Outputs.Count > 0) Fork();
                    break;
                case Decision.Perform perform:
                    foreach (var step in perform.Steps)
                    {
                        var outcome = await PerformAsync(step, approves);
                        asked += outcome.Asked ? 1 : 0;
                        refused += outcome.Event is StepFailed ? 1 : 0;
                        Append(outcome.Event);
                    }

                    break;
            }
        }

        return new SessionResult(asked, refused, Label.Unknown, "the script does not end");
    }

    private async Task<(RunEvent Event, bool Asked)> PerformAsync(StepRequest step, Func<TraceCall, bool> approves)
    {
        var input = step.Input.Deserialize<ToolStepInput>(Json.Options)!;
        var call = new EffectCall(new RunId(Guid.Empty), tenant, step.Step, 1, step.Input, grant)
        {
            // Without labels the gate is told that everything comes from CodexOS itself.
            Prepared = guard >= Guard.Labels ? step.Prepared : CallContext.Empty,
        };
        if (guard is Guard.Off) return (await InvokeAsync(call, input), false);
        var began = Stopwatch.GetTimestamp();
        var verdict = parts.Handler.Judge(call);
        judgedMicroseconds?.Add(Stopwatch.GetElapsedTime(began).TotalMicroseconds);
        var asked = false;
        if (verdict is GateVerdict.Ask ask)
        {
            asked = true;
            var approved = approves(new TraceCall(input.Tool, input.Arguments));
            call = call with { Approval = new ApprovalOutcome(approved, ask.ArgumentsHash, "person", null) };
            verdict = parts.Handler.Judge(call);
        }

        if (verdict is GateVerdict.Refuse refuse) return (Refused(step, refuse.Fault), asked);
        var performed = await parts.Handler.PerformAsync(call, CancellationToken.None);
        if (!performed.TryGet(out var output, out var fault)) return (new StepFailed(step.Step, 1, fault, 1), asked);
        Outputs.Add(output.Output.GetProperty("text").GetString()!);
        return (new StepCompleted(step.Step, 1, output.Output, null, 1) { Label = output.Label }, asked);
    }

    private async Task<RunEvent> InvokeAsync(EffectCall call, ToolStepInput input)
    {
        if (parts.Catalogue.FindEntry(input.Tool) is not { } tool)
            return new StepFailed(call.Step, 1, new Fault("tools.unknown_tool", FaultKind.NotFound, $"There is no {input.Tool}."), 1);
        var result = await tool.Tool.InvokeAsync(
            new ToolCall(call.Run, call.Tenant, call.Key, input.Arguments, null) { Step = call }, CancellationToken.None);
        Outputs.Add(result.Value.Text);
        return new StepCompleted(
            call.Step, 1,
            JsonSerializer.SerializeToElement(new ToolStepOutput(result.Value.Text, false, false, null), Json.Options), null, 1);
    }

    private static StepFailed Refused(StepRequest step, Fault fault) =>
        new(step.Step, 1, fault, 0) { Effect = step.Effect, Input = step.Input };

    private static JsonElement Reply(int turn, IReadOnlyList<TraceCall> calls) => JsonSerializer.SerializeToElement(
        new ModelReply(
            calls.Count == 0 ? "I am done." : "",
            [.. calls.Select((call, i) => new ModelToolCall($"c{turn}-{i}", call.Tool, call.Arguments))],
            calls.Count == 0 ? "stop" : "tool_calls", "adversary", false),
        Json.Options);

    /// <summary>A fork reads what it shares with the run from the same journal, and goes on from there.</summary>
    private void Fork()
    {
        var created = (RunCreated)_events[0];
        var shared = _events.ToList();
        _events.Clear();
        _state = _program.Start();
        foreach (var happened in shared) Append(happened);
        Append(new RunForked(
            new RunId(Guid.Empty), shared.Count - 1, "person", "Fork", null, created.Grant, created.Limits, created.Labels));
    }

    private void Append(RunEvent happened)
    {
        _state = _program.Fold(_state, new JournaledEvent(_events.Count, clock.GetUtcNow(), happened));
        _events.Add(happened);
    }
}
