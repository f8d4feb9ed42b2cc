using System.ComponentModel.DataAnnotations;
using CodexOS.Agents.Storage;
using CodexOS.Runs.Contracts;
using CodexOS.Tools.Contracts;

namespace CodexOS.Agents.Policies;

/// <summary>A version of the tenant's policy.</summary>
/// <param name="Version">The version, from 1; 0 is what holds where nothing was applied.</param>
/// <param name="Text">The author's YAML.</param>
/// <param name="Digest">SHA-256 of what it means, 64 hexadecimal digits.</param>
/// <param name="Rules">What it means, defaults included.</param>
/// <param name="CreatedAt">When it was applied; null for the default.</param>
/// <param name="CreatedBy">The user who applied it.</param>
/// <param name="Changed">Whether this request made the version.</param>
public sealed record PolicyVersion(
    int Version, string Text, string Digest, Policy Rules, DateTimeOffset? CreatedAt, string CreatedBy, bool Changed)
{
    internal static PolicyVersion Default { get; } = new(
        0, "", CanonicalJson.Hash(Policy.Default.Canonical()), Policy.Default, null, "codexos", false);

    internal static PolicyVersion Of(PolicyRow row, bool changed) => new(
        row.Version, row.Text, row.Digest, Policy.FromCanonical(row.Document), row.CreatedAt, row.CreatedBy, changed);
}

/// <summary>A request to say what a policy would do, without doing anything.</summary>
/// <param name="Cases">
/// YAML with <c>cases:</c>, each with a tool, arguments, the values that were read before, and what is expected; it may have
/// a <c>policy:</c> of its own.
/// </param>
/// <param name="Policy">The YAML of the policy to try; the tenant's newest if it is left out.</param>
/// <param name="RunId">A run whose tool calls are judged again, beside the cases or instead of them.</param>
public sealed record TestPolicyRequest(
    [property: StringLength(1_000_000)] string? Cases = null,
    [property: StringLength(256_000)] string? Policy = null,
    RunId? RunId = null);

/// <summary>What a policy would do.</summary>
/// <param name="Items">The verdicts, in the order of the calls.</param>
/// <param name="FailedCount">How many were not as expected.</param>
public sealed record PolicyTestResult(IReadOnlyList<PolicyVerdict> Items, int FailedCount);

/// <summary>A verdict on one call.</summary>
/// <param name="Name">The case, or the step of the run.</param>
/// <param name="Tool">The tool.</param>
/// <param name="Outcome"><c>allow</c>, <c>ask</c> or <c>refuse</c>.</param>
/// <param name="Rule">The code of the rule that decided, or null.</param>
/// <param name="Explanation">Why.</param>
/// <param name="Expected">What was expected, or null.</param>
/// <param name="AsExpected">Whether it is as expected; true where nothing was.</param>
public sealed record PolicyVerdict(
    string Name, string Tool, string Outcome, string? Rule, string Explanation, string? Expected, bool AsExpected);
