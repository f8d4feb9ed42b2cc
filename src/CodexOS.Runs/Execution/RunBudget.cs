using System.Globalization;
using CodexOS.Platform.Faults;
using CodexOS.Runs.Contracts;
using CodexOS.Runs.Core;

namespace CodexOS.Runs.Execution;

/// <summary>
/// Holds a run to its budgets. What a step may use is set aside before it begins, so that steps side by side cannot
/// exceed a budget together; a step that did not say overshoots by itself at most.
/// </summary>
internal static class RunBudget
{
    /// <summary>The budget that is used up, or null.</summary>
    public static Fault? Reached(RunState state, DateTimeOffset now)
    {
        var limits = state.Created.Limits;
        if (state.StepsCount >= limits.StepsMax)
            return Limit("runs.step_limit", $"The run reached its limit of {limits.StepsMax} steps.");
        if (state.Usage.TokensIn + state.Usage.TokensOut >= limits.TokensMax)
            return Limit("runs.token_limit", $"The run used up its {limits.TokensMax} model tokens.");
        if (limits.CostMaxMicroUsd > 0 && state.Usage.CostMicroUsd >= limits.CostMaxMicroUsd)
            return Limit("runs.cost_limit", $"The run used up its {Dollars(limits.CostMaxMicroUsd)}.");
        if (limits.EffectBytesMax is { } bytes && state.Usage.Bytes >= bytes)
            return Limit("runs.bytes_limit", $"The run's effects moved all of its {bytes} bytes.");
        return TimeUp(state, now);
    }

    /// <summary>Why the run's time is up, or null.</summary>
    public static Fault? TimeUp(RunState state, DateTimeOffset now)
    {
        if (now < state.EndBy) return null;
        return state.Created.Deadline is { } deadline && deadline <= now
            ? Limit("runs.deadline", $"The run was to be over by {deadline.ToString("u", CultureInfo.InvariantCulture)}.")
            : Limit("runs.time_limit", $"The run took longer than its limit of {state.Created.Limits.WallTimeMax}.");
    }

    /// <summary>Why a step cannot have what it wants set aside, or null.</summary>
    public static Fault? Refuses(RunState state, EffectUsage wanted)
    {
        var left = Remaining(state);
        if (wanted.TokensIn + wanted.TokensOut > left.TokensMax)
        {
            return Limit(
                "runs.token_limit",
                $"The step may use {wanted.TokensIn + wanted.TokensOut} model tokens, and {left.TokensMax} are left.");
        }

        if (state.Created.Limits.CostMaxMicroUsd > 0 && wanted.CostMicroUsd > left.CostMaxMicroUsd)
        {
            return Limit(
                "runs.cost_limit",
                $"The step may cost {Dollars(wanted.CostMicroUsd)}, and {Dollars(left.CostMaxMicroUsd)} are left.");
        }

        return left.EffectBytesMax is { } bytes && wanted.Bytes > bytes
            ? Limit("runs.bytes_limit", $"The step may move {wanted.Bytes} bytes, and {bytes} are left.")
            : null;
    }

    /// <summary>What is left of the budgets, what is set aside taken off.</summary>
    public static RunLimits Remaining(RunState state)
    {
        var limits = state.Created.Limits;
        var gone = state.Usage + state.Steps.Reserved;
        return limits with
        {
            StepsMax = Math.Max(0, limits.StepsMax - state.StepsCount),
            TokensMax = Math.Max(0, limits.TokensMax - gone.TokensIn - gone.TokensOut),
            CostMaxMicroUsd = limits.CostMaxMicroUsd > 0 ? Math.Max(0, limits.CostMaxMicroUsd - gone.CostMicroUsd) : 0,
            IsCostSpent = limits.CostMaxMicroUsd > 0 && gone.CostMicroUsd >= limits.CostMaxMicroUsd,
            EffectBytesMax = limits.EffectBytesMax is { } bytes ? Math.Max(0, bytes - gone.Bytes) : null,
        };
    }

    private static string Dollars(long microUsd) =>
        string.Create(CultureInfo.InvariantCulture, $"{microUsd / 1e6:0.00} US dollars");

    private static Fault Limit(string code, string message) =>
        new(code, FaultKind.LimitReached, $"{message} Raise the limit in its definition if it needs more.");
}
