using System.Collections.Immutable;
using System.Text.Json;
using CodexOS.Platform.Http;

namespace CodexOS.Tools.Contracts;

/// <summary>
/// What the gate does where labels say that care is needed. It never grants: what the run's grant does not list is refused
/// before any of this is read.
/// </summary>
public sealed record Policy
{
    /// <summary>What holds where nobody said anything.</summary>
    public static Policy Default { get; } = new();

    /// <summary>The least integrity that counts as trusted.</summary>
    public Integrity TrustedFrom { get; init; } = Integrity.Tenant;

    /// <summary>(a) A consequential call whose context and key arguments are not trusted.</summary>
    public RuleAction UntrustedAction { get; init; } = RuleAction.Ask;

    /// <summary>(b) Content for recipients who are not among its readers.</summary>
    public RuleAction Disclosure { get; init; } = RuleAction.Ask;

    /// <summary>(c) Private data, untrusted content and a way out in one run.</summary>
    public RuleAction Trifecta { get; init; } = RuleAction.Ask;

    /// <summary>A link in outgoing content that is on no list and not from somebody trusted.</summary>
    public RuleAction UnknownLink { get; init; } = RuleAction.Ask;

    /// <summary>Whether values of closed types leave a trusted context trusted. They never are trusted as arguments.</summary>
    public bool ClosedValuesKeepTrust { get; init; } = true;

    /// <summary>Whether users who name a recipient thereby give them what they may read themselves.</summary>
    public bool UsersMayDisclose { get; init; } = true;

    /// <summary>Whether approvals may be given in advance for calls that break no rule.</summary>
    public bool StandingApprovals { get; init; } = true;

    /// <summary>Recipients who count as trusted and as members of the tenant; <c>*</c> is any run of characters.</summary>
    public ImmutableArray<string> Recipients { get; init; } = [];

    /// <summary>Hosts that links, images and destinations may name; <c>*.</c> stands for any labels before.</summary>
    public ImmutableArray<string> Hosts { get; init; } = [];

    /// <summary>Texts that must never leave, however they are encoded.</summary>
    public ImmutableArray<string> Canaries { get; init; } = [];

    /// <summary>What holds for single tools, by name.</summary>
    public ImmutableDictionary<string, ToolPolicy> Tools { get; init; } =
        ImmutableDictionary.Create<string, ToolPolicy>(StringComparer.Ordinal);

    /// <summary>The one spelling, of which the digest is taken.</summary>
    public string Canonical() => CanonicalJson.Write(JsonSerializer.SerializeToElement(this, Json.Options)).Value;

    /// <summary>Reads the stored spelling back.</summary>
    public static Policy FromCanonical(string canonical) => JsonSerializer.Deserialize<Policy>(canonical, Json.Options)
        ?? throw new InvalidOperationException("A stored policy is empty.");
}

/// <summary>What holds for one tool.</summary>
/// <param name="CallsMax">Most calls of a run, or null for no limit of its own.</param>
/// <param name="Approval">When a person is asked, beyond what the grant says; <c>never</c> asks for nothing here.</param>
/// <param name="Refuse">Whether it is refused, whoever grants it.</param>
public sealed record ToolPolicy(int? CallsMax, ApprovalMode Approval, bool Refuse);

/// <summary>What becomes of a call that breaks a rule.</summary>
public enum RuleAction
{
    /// <summary>A person who sees the call and the reason decides. No approval that was given in advance covers it.</summary>
    Ask,

    /// <summary>It is refused.</summary>
    Refuse,
}

/// <summary>A policy as a run holds it: changed settings change later runs.</summary>
/// <param name="Version">The tenant's version, 0 if it has none.</param>
/// <param name="Digest">SHA-256 of the rules.</param>
/// <param name="Rules">The rules, those of tenant and agent together.</param>
public sealed record PinnedPolicy(int Version, string Digest, Policy Rules);

/// <summary>Puts policies together so that the result is never wider than the first of them.</summary>
public static class PolicyMerge
{
    /// <summary>
    /// The stricter of both. Lists of the agent count only where the tenant has none, or covers them; the entries that it
    /// does not cover are named.
    /// </summary>
    public static (Policy Policy, ImmutableArray<string> Uncovered) Narrow(Policy tenant, Policy agent)
    {
        ArgumentNullException.ThrowIfNull(tenant);
        ArgumentNullException.ThrowIfNull(agent);
        var uncovered = ImmutableArray.CreateBuilder<string>();
        var merged = new Policy
        {
            TrustedFrom = tenant.TrustedFrom > agent.TrustedFrom ? tenant.TrustedFrom : agent.TrustedFrom,
            UntrustedAction = Stricter(tenant.UntrustedAction, agent.UntrustedAction),
            Disclosure = Stricter(tenant.Disclosure, agent.Disclosure),
            Trifecta = Stricter(tenant.Trifecta, agent.Trifecta),
            UnknownLink = Stricter(tenant.UnknownLink, agent.UnknownLink),
            ClosedValuesKeepTrust = tenant.ClosedValuesKeepTrust && agent.ClosedValuesKeepTrust,
            UsersMayDisclose = tenant.UsersMayDisclose && agent.UsersMayDisclose,
            StandingApprovals = tenant.StandingApprovals && agent.StandingApprovals,
            Recipients = Lists(tenant.Recipients, agent.Recipients, "recipients", uncovered),
            Hosts = Lists(tenant.Hosts, agent.Hosts, "hosts", uncovered),
            Canaries = [.. tenant.Canaries.Union(agent.Canaries)],
            Tools = ToolsOf(tenant, agent),
        };
        return (merged, uncovered.ToImmutable());
    }

    /// <summary>Whether a pattern covers everything that another one does.</summary>
    public static bool Covers(string outer, string inner)
    {
        // A star of the inner pattern is put as a character that only a star of the outer one matches.
        return Gate.ArgumentRules.Matches(outer, inner.Replace('*', '\ue000'));
    }

    private static ImmutableArray<string> Lists(
        ImmutableArray<string> tenant, ImmutableArray<string> agent, string name, ImmutableArray<string>.Builder uncovered)
    {
        if (agent.IsEmpty || tenant.IsEmpty) return agent.IsEmpty ? tenant : agent;
        foreach (var entry in agent.Where(entry => !tenant.Any(outer => Covers(outer, entry))))
            uncovered.Add($"{name}: {entry}");
        return [.. agent.Where(entry => tenant.Any(outer => Covers(outer, entry)))];
    }

    private static ImmutableDictionary<string, ToolPolicy> ToolsOf(Policy tenant, Policy agent)
    {
        var tools = tenant.Tools.ToBuilder();
        foreach (var (name, own) in agent.Tools)
        {
            tools[name] = tenant.Tools.TryGetValue(name, out var above)
                ? new ToolPolicy(
                    above.CallsMax is { } most && own.CallsMax is { } fewer
                        ? Math.Min(most, fewer) : above.CallsMax ?? own.CallsMax,
                    above.Approval is ApprovalMode.Always || own.Approval is ApprovalMode.Always
                        ? ApprovalMode.Always : ApprovalMode.Default,
                    above.Refuse || own.Refuse)
                : own;
        }

        return tools.ToImmutable();
    }

    private static RuleAction Stricter(RuleAction one, RuleAction other) => one > other ? one : other;
}
