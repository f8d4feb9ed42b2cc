using System.Text.Json;

namespace CodexOS.Client.Contracts;

/// <summary>A version of the tenant's policy.</summary>
/// <param name="Version">The version, from 1; 0 is what holds where nothing was applied.</param>
/// <param name="Text">The author's YAML.</param>
/// <param name="Digest">SHA-256 of what it means.</param>
/// <param name="Rules">What it means, defaults included.</param>
/// <param name="CreatedAt">When it was applied; null for the default.</param>
/// <param name="CreatedBy">Who applied it.</param>
/// <param name="Changed">Whether this call made the version, or found it as it was.</param>
public sealed record PolicyVersion(
    int Version, string Text, string Digest, JsonElement Rules, DateTimeOffset? CreatedAt = null, string? CreatedBy = null,
    bool Changed = false);

/// <summary>What a policy is to be tried on.</summary>
/// <param name="Cases">YAML with calls; null to judge a run's calls only.</param>
/// <param name="Policy">The YAML of the policy to try; null for the tenant's newest.</param>
/// <param name="RunId">A run whose tool calls are judged again.</param>
public sealed record PolicyTestRequest(string? Cases = null, string? Policy = null, string? RunId = null);

/// <summary>What a policy would do.</summary>
/// <param name="Items">The verdicts.</param>
/// <param name="FailedCount">How many were not as expected.</param>
public sealed record PolicyTestResult(IReadOnlyList<PolicyVerdict> Items, int FailedCount);

/// <summary>A verdict on one call.</summary>
/// <param name="Name">The case, or the step of the run.</param>
/// <param name="Tool">The tool.</param>
/// <param name="Outcome"><c>allow</c>, <c>ask</c> or <c>refuse</c>.</param>
/// <param name="Explanation">Why.</param>
/// <param name="Rule">The code of the rule that decided, if one did.</param>
/// <param name="Expected">What was expected, if something was.</param>
/// <param name="AsExpected">Whether it is as expected.</param>
public sealed record PolicyVerdict(
    string Name, string Tool, string Outcome, string Explanation, string? Rule = null, string? Expected = null,
    bool AsExpected = true);

/// <summary>A request to approve calls in advance.</summary>
/// <param name="Agent">The agent, by name.</param>
/// <param name="Tool">The tool.</param>
/// <param name="UsesMax">How often.</param>
/// <param name="LastsSeconds">For how long, in seconds.</param>
/// <param name="Arguments">What arguments must have; in a text, <c>*</c> stands for any run of characters.</param>
/// <param name="Note">Why.</param>
public sealed record StandingApprovalRequest(
    string Agent, string Tool, int UsesMax, int LastsSeconds, IReadOnlyDictionary<string, JsonElement>? Arguments = null,
    string? Note = null);

/// <summary>An approval that was given in advance.</summary>
/// <param name="Id">Its id, <c>sap_…</c>.</param>
/// <param name="Agent">The agent, by name.</param>
/// <param name="Tool">The tool.</param>
/// <param name="Arguments">What arguments must have.</param>
/// <param name="UsesMax">How often it may be used.</param>
/// <param name="Uses">How often it was.</param>
/// <param name="CreatedAt">When it was given.</param>
/// <param name="ExpiresAt">Until when it holds.</param>
/// <param name="CreatedBy">Who gave it.</param>
/// <param name="IsOpen">Whether it can still be used.</param>
/// <param name="Note">Why it was given.</param>
/// <param name="RevokedAt">When it was revoked, if it was.</param>
public sealed record StandingApproval(
    string Id,
    string Agent,
    string Tool,
    JsonElement Arguments,
    int UsesMax,
    int Uses,
    DateTimeOffset CreatedAt,
    DateTimeOffset ExpiresAt,
    string? CreatedBy,
    bool IsOpen,
    string? Note = null,
    DateTimeOffset? RevokedAt = null);
