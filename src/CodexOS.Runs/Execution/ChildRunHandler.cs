using System.Text.Json;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Http;
using CodexOS.Runs.Contracts;
using Microsoft.Extensions.DependencyInjection;

namespace CodexOS.Runs.Execution;

/// <summary>
/// Performs <c>run.child</c>: starts a run below another. The child's id follows from the step's key, so a step that is
/// performed again finds the child that it started before.
/// </summary>
internal sealed class ChildRunHandler(IServiceProvider services, IEnumerable<IGrantRule> rules, RunsOptions options)
    : IEffectHandler
{
    public string Effect => ChildRun.Effect;

    public GateVerdict Judge(EffectCall call)
    {
        if (Read(call.Input) is not { } child) return Refuse("runs.bad_child", FaultKind.Internal, "It names no run to start.");
        var depthMax = Math.Min(options.DepthMax, call.Remaining?.DepthMax ?? options.DepthMax);
        if (call.Depth >= depthMax) return new GateVerdict.Refuse(RunFaults.DepthReached);
        if (child.Grant is { } grant && !IsWithin(call.Grant, grant))
        {
            return Refuse(
                "runs.child_grant", FaultKind.NotAllowed, $"The run '{child.Title}' would be allowed more than the one that starts it.");
        }

        var limits = LimitsOf(child, call.Remaining!);
        if (limits is null) return Refuse("runs.child_budget", FaultKind.LimitReached, "Nothing is left for it to use.");
        return new GateVerdict.Allow(RepeatClass.Keyed)
        {
            // Without budgets of its own it may use what is left when it needs it, and others may too.
            Reserve = child.Limits is null
                ? null
                : new EffectUsage(limits.TokensMax, 0, limits.CostMaxMicroUsd) { Bytes = limits.EffectBytesMax ?? 0 },
        };
    }

    public async Task<Result<EffectOutput>> PerformAsync(EffectCall call, CancellationToken cancellationToken)
    {
        var child = Read(call.Input)!;
        if (LimitsOf(child, call.Remaining!) is not { } limits) return RunFaults.DepthReached;
        // The service needs the handlers, and this is one of them: it is looked up when it is there.
        var runs = services.GetRequiredService<IRuns>();
        var start = new RunStart(
            call.Tenant,
            call.By,
            child.Kind,
            child.Subject,
            child.SubjectVersion,
            child.Title,
            child.Input,
            child.Grant ?? call.Grant,
            limits,
            child.Labels,
            call.Key)
        {
            Parent = new RunParent(call.Run, call.Step, call.Occurrence, call.Depth + 1),
            InputLabel = child.InputLabel,
        };
        var started = await runs.StartAsync(start, cancellationToken);
        return started.TryGet(out var run, out var fault)
            ? new EffectOutput(JsonSerializer.SerializeToElement(new { run = run.Id }, Json.Options)) { Child = run.Id }
            : fault;
    }

    private bool IsWithin(JsonElement outer, JsonElement inner) =>
        JsonElement.DeepEquals(outer, inner) || rules.Any(rule => rule.Contains(outer, inner));

    /// <summary>The child's budgets: what it asks for, and never more than is left; null if nothing is.</summary>
    private static RunLimits? LimitsOf(ChildRun child, RunLimits left)
    {
        var asked = child.Limits ?? left;
        var (steps, tokens) = (Math.Min(asked.StepsMax, left.StepsMax), Math.Min(asked.TokensMax, left.TokensMax));
        if (steps <= 0 || tokens <= 0 || left is { IsCostSpent: true }) return null;
        return asked with
        {
            StepsMax = steps,
            TokensMax = tokens,
            CostMaxMicroUsd = Tighter(asked.CostMaxMicroUsd, left.CostMaxMicroUsd),
            WallTimeMax = asked.WallTimeMax < left.WallTimeMax ? asked.WallTimeMax : left.WallTimeMax,
            EffectBytesMax = asked.EffectBytesMax is { } own && left.EffectBytesMax is { } above
                ? Math.Min(own, above)
                : asked.EffectBytesMax ?? left.EffectBytesMax,
            DepthMax = left.DepthMax,
        };
    }

    /// <summary>The lower of two budgets of which 0 means none.</summary>
    private static long Tighter(long one, long other) => one == 0 ? other : other == 0 ? one : Math.Min(one, other);

    private static ChildRun? Read(JsonElement input)
    {
        try
        {
            return input.Deserialize<ChildRun>(Json.Options);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static GateVerdict.Refuse Refuse(string code, FaultKind kind, string message) => new(new Fault(code, kind, message));
}
