using System.Text.Json;
using CodexOS.Agents.Program;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Http;
using CodexOS.Runs.Contracts;
using CodexOS.Tools.Contracts;

namespace CodexOS.Agents.Policies;

/// <summary>
/// Says what a policy would do with calls, by asking the real gate and performing nothing: (1) the policy, (2) the cases
/// that were written down, (3) the calls that a run made, each judged with what its model had read then.
/// </summary>
internal sealed class PolicyTests(
    IPolicyTrial trial, IToolCatalogue tools, PolicyStore policies, IRuns runs, IOutputFilter filter)
{
    private const int VerdictsMax = 1_000;

    public async Task<Result<PolicyTestResult>> RunAsync(TestPolicyRequest request, CancellationToken cancellationToken)
    {
        if (request is { Cases: null, RunId: null }) return NothingToTest;
        var cases = new CaseFile(null, []);
        if (request.Cases is { } written && !CaseReader.Read(written, tools).TryGet(out cases, out var fault)) return fault;

        // 1. The policy.
        var chosen = await PolicyAsync(request.Policy, cases!.Policy, cancellationToken);
        if (!chosen.TryGet(out var policy, out fault)) return fault;

        // 2. The cases.
        var verdicts = new List<PolicyVerdict>();
        foreach (var one in cases.Cases) verdicts.Add(Judge(one, policy));

        // 3. The run.
        if (request.RunId is { } run)
        {
            var read = await runs.HistoryAsync(run, cancellationToken);
            if (!read.TryGet(out var history, out fault)) return fault;
            if (history.Count == 0 || history[0].Event is not RunCreated { Kind: AgentProgram.RunKind }) return NotAnAgent(run);
            verdicts.AddRange(JudgeAgain(history, policy).Take(VerdictsMax));
        }

        return new PolicyTestResult(verdicts, verdicts.Count(static verdict => !verdict.AsExpected));
    }

    private async Task<Result<Policy>> PolicyAsync(string? given, Policy? ofCases, CancellationToken cancellationToken)
    {
        if (given is not null) return PolicyReader.Read(given, tools);
        if (ofCases is not null) return ofCases;
        return (await policies.PinAsync(null, cancellationToken)).TryGet(out var pinned, out var fault) ? pinned.Rules : fault;
    }

    private PolicyVerdict Judge(PolicyCase one, Policy policy)
    {
        var context = one.Values.Aggregate(CallContext.Empty, static (context, value) => context.Read(value));
        for (var i = 0; i < one.CallsBefore; i++) context = context.Called(one.Tool);
        var verdict = trial.Try(one.Tool, one.Arguments, context, policy);
        var asExpected = (one.Expected is null || one.Expected == verdict.Outcome)
            && (one.Rule is null || one.Rule == verdict.Rule);
        var expected = one.Rule is null ? one.Expected : $"{one.Expected ?? "any"} by {one.Rule}";
        return new PolicyVerdict(
            one.Name, one.Tool, verdict.Outcome, verdict.Rule, verdict.Explanation, expected, asExpected);
    }

    private IEnumerable<PolicyVerdict> JudgeAgain(IReadOnlyList<JournaledEvent> history, Policy policy)
    {
        IRunProgram program = new AgentProgram(filter);
        var (state, judged, grant) = (program.Start(), new HashSet<string>(StringComparer.Ordinal), default(RunGrant));
        foreach (var happened in history)
        {
            state = program.Fold(state, happened);
            grant = happened.Event switch
            {
                RunCreated created => created.Grant.Deserialize<RunGrant>(Json.Options),
                RunForked forked => forked.Grant.Deserialize<RunGrant>(Json.Options),
                RunUpgraded upgraded => upgraded.Grant.Deserialize<RunGrant>(Json.Options),
                _ => grant,
            };
            if (happened.Event is not StepCompleted || program.Decide(state) is not Decision.Perform perform) continue;
            foreach (var step in perform.Steps)
            {
                if (step is not { Effect: ToolStepInput.Effect, Prepared: CallContext context }
                    || !judged.Add(step.Step)) continue;
                var call = step.Input.Deserialize<ToolStepInput>(Json.Options)!;
                var granted = grant?.Tools.FirstOrDefault(tool => tool.Name == call.Tool);
                var verdict = granted is null
                    ? new TrialVerdict("refuse", "tools.not_granted", $"The run may not call {call.Tool}.")
                    : trial.Try(call.Tool, call.Arguments, context, policy, granted);
                yield return new PolicyVerdict(
                    $"step {step.Step}", call.Tool, verdict.Outcome, verdict.Rule, verdict.Explanation, null, true);
            }
        }
    }

    private static Fault NothingToTest { get; } = new(
        "agents.nothing_to_test", FaultKind.Invalid, "Give cases, or the id of a run whose calls are to be judged again.");

    private static Fault NotAnAgent(RunId id) => new(
        "agents.not_an_agent_run", FaultKind.Conflict, $"{id} is not the run of an agent, so it has no tool calls to judge.");
}
