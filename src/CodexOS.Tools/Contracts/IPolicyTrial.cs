using System.Text.Json;

namespace CodexOS.Tools.Contracts;

/// <summary>Says what the gate would say, without performing anything.</summary>
public interface IPolicyTrial
{
    /// <summary>The verdict on a call under a policy, with the tool granted and a workspace there.</summary>
    ValueTask<TrialVerdict> TryAsync(
        string tool, JsonElement arguments, CallContext context, Policy policy, ToolGrant? granted,
        CancellationToken cancellationToken);
}

/// <summary>What the gate would say.</summary>
/// <param name="Outcome"><c>allow</c>, <c>ask</c> or <c>refuse</c>.</param>
/// <param name="Rule">The code of the first rule that decided, or null where none had to.</param>
/// <param name="Explanation">Why, in words.</param>
public sealed record TrialVerdict(string Outcome, string? Rule, string Explanation);
