using System.Collections.Immutable;
using System.Text.Json;
using CodexOS.Agents.Program;
using CodexOS.Inference.Contracts;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Http;
using CodexOS.Platform.Ids;
using CodexOS.Runs.Contracts;
using CodexOS.Testing;
using CodexOS.Tools.Contracts;

namespace CodexOS.Tests.Agents;

/// <summary>Writes a journal by hand, and folds it as the engine does.</summary>
internal sealed class RunScript
{
    private readonly List<RunEvent> _events = [];

    public RunScript(
        int contextTokensMax = 100_000, int callsPerTurnMax = 16, int errorsInARowMax = 10, PinnedCache? cache = null)
    {
        var input = new AgentRunInput("Make the test pass.", new PinnedAgent(
            "Be careful.",
            "scripted:x",
            "react",
            [
                new ModelTool("read_file", "Reads.", JsonElement.Parse("{}")),
                new ModelTool("shell", "Runs.", JsonElement.Parse("{}")),
            ],
            null,
            null,
            contextTokensMax,
            callsPerTurnMax,
            errorsInARowMax)
        {
            Cache = cache,
        });
        Then(new RunCreated(
            "agent",
            "repo-engineer",
            1,
            "Make the test pass.",
            UserId.New(Clocks.AtNoon()),
            JsonSerializer.SerializeToElement(input, Json.Options),
            JsonElement.Parse("{}"),
            new RunLimits(100, TimeSpan.FromHours(1), 1_000, 0),
            RunLabels.None));
        Then(new RunClaimed("here", 1));
    }

    public IReadOnlyList<RunEvent> Events => _events;

    public RunScript Then(RunEvent happened)
    {
        _events.Add(happened);
        return this;
    }

    /// <summary>The arguments are written as they are, even where no writer of JSON would write them.</summary>
    public RunScript Answers(int turn, string text, params (string Tool, string Arguments)[] calls)
    {
        var asked = calls.Select((call, i) =>
            $$"""
            {"callId":"c{{turn}}-{{i + 1}}","tool":{{JsonSerializer.Serialize(call.Tool)}},
             "arguments":{{call.Arguments}}}
            """);
        var reason = calls.Length == 0 ? "stop" : "tool_calls";
        return Then(new StepCompleted(
            $"{turn}.model",
            1,
            JsonElement.Parse(
                $$"""
                {"text":{{JsonSerializer.Serialize(text)}},"toolCalls":[{{string.Join(',', asked)}}],
                 "finishReason":"{{reason}}","model":"x","isReal":false}
                """),
            null,
            5));
    }

    public RunScript Gives(string step, string text, bool isError = false) =>
        Done(step, new ToolStepOutput(text, isError, false, null));

    public RunScript Done<T>(string step, T output) =>
        Then(new StepCompleted(step, 1, JsonSerializer.SerializeToElement(output, Json.Options), null, 5));

    public RunScript Fails(string step, string code = "tools.not_granted", string message = "You may not.") =>
        Then(new StepFailed(step, 1, new Fault(code, FaultKind.NotAllowed, message), 5));

    public static Decision Decide(IEnumerable<RunEvent> events)
    {
        IRunProgram program = new AgentProgram(PlainAnswers.Filter);
        return program.Decide(Fold(program, events));
    }

    public static object Fold(IRunProgram program, IEnumerable<RunEvent> events) => events
        .Select(static (happened, seq) => new JournaledEvent(seq, Clocks.Noon, happened))
        .Aggregate(program.Start(), program.Fold);

    public Decision Decide() => Decide(_events);

    public ImmutableArray<StepRequest> Steps() => ((Decision.Perform)Decide()).Steps;

    public ChatCall Chat() => (ChatCall)Steps().Single().Prepared!;

    public Fault Failure() => ((Decision.Fail)Decide()).Fault;
}
