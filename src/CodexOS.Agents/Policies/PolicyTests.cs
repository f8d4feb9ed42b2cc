using System.Runtime.CompilerServices;
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
        var known = await tools.ReadAsync(cancellationToken);
        if (request.Cases is { } written && !CaseReader.Read(written, known).TryGet(out cases, out var fault)) return fault;

        // 1. The policy.
        var chosen = await PolicyAsync(request.Policy, cases!.Policy, known, cancellationToken);
        if (!chosen.TryGet(out var policy, out fault)) return fault;

        // 2. The cases.
        var verdicts = new List<PolicyVerdict>();
        foreach (var one in cases.Cases) verdicts.Add(await JudgeAsync(one, policy, cancellationToken));

        // 3. The run.
        if (request.RunId is { } run)
        {
            var read = await runs.HistoryAsync(run, cancellationToken);
            if (!read.TryGet(out var history, out fault)) return fault;
            if (history.Count == 0 || history[0].Event is not RunCreated { Kind: AgentProgram.RunKind }) return NotAnAgent(run);
            var again = JudgeAgainAsync(history, policy, cancellationToken).Take(VerdictsMax);
            await foreach (var verdict in again) verdicts.Add(verdict);
        }

        return new PolicyTestResult(verdicts, verdicts.Count(static verdict => !verdict.AsExpected));
    }

    private async Task<Result<Policy>> PolicyAsync(
        string? given, Policy? ofCases, IToolSet known, CancellationToken cancellationToken)
    {
        if (given is not null) return PolicyReader.Read(given, known);
        if (ofCases is not null) return ofCases;
        return (await policies.PinAsync(null, cancellationToken)).TryGet(out var pinned, out var fault) ? pinned.Rules : fault;
    }

    private async Task<PolicyVerdict> JudgeAsync(PolicyCase one, Policy policy, CancellationToken cancellationToken)
    {
        var context = one.Values.Aggregate(CallContext.Empty, static (context, value) => context.Read(value));
        for (var i = 0; i < one.CallsBefore; i++) context = context.Called(one.Tool);
        var verdict = await trial.TryAsync(one.Tool, one.Arguments, context, policy, null, cancellationToken);
        var asExpected = (one.Expected is null || one.Expected == verdict.Outcome)
            && (one.Rule is null || one.Rule == verdict.Rule);
        var expected = one.Rule is null ? one.Expected : $"{one.Expected ?? "any"} by {one.Rule}";
        return new PolicyVerdict(
            one.Name, one.Tool, verdict.Outcome, verdict.Rule, verdict.Explanation, expected, asExpected);
    }

    private async IAsyncEnumerable<PolicyVerdict> JudgeAgainAsync(
        IReadOnlyList<JournaledEvent> history, Policy policy, [EnumeratorCancellation] CancellationToken cancellationToken)
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
                    : await trial.TryAsync(call.Tool, call.Arguments, context, policy, granted, cancellationToken);
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
