using System.Collections.Immutable;
using CodexOS.Agents.Policies;
using CodexOS.Testing;
using CodexOS.Testing.Adversary;
using CodexOS.Tests.Tools;
using CodexOS.Tools.Contracts;
using CsCheck;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Agents;

public sealed class PolicyReaderTests
{
    private static readonly GateParts s_parts = new([TestTool.Read, TestTool.Add], Clocks.AtNoon());

    [Fact]
    public void A_policy_says_what_it_says_and_keeps_the_defaults_else()
    {
        var policy = PolicyReader.Read(
            """
            trusted_from: user
            trifecta: refuse
            users_may_disclose: false
            recipients: ["*@X.example"]
            hosts: ["*.x.example"]
            canaries: [canary-12345678]
            tools:
              add: { calls_max: 3, approval: always }
              read_file: { refuse: true }
            """,
            s_parts.Catalogue).Value;

        policy.TrustedFrom.ShouldBe(Integrity.User);
        policy.Trifecta.ShouldBe(RuleAction.Refuse);
        policy.UntrustedAction.ShouldBe(RuleAction.Ask);
        policy.UsersMayDisclose.ShouldBeFalse();
        policy.ClosedValuesKeepTrust.ShouldBeTrue();
        policy.Recipients.ShouldBe(["*@x.example"]);
        policy.Tools["add"].ShouldBe(new ToolPolicy(3, ApprovalMode.Always, false));
        policy.Tools["read_file"].Refuse.ShouldBeTrue();
        Policy.FromCanonical(policy.Canonical()).Canonical().ShouldBe(policy.Canonical());
    }

    [Theory]
    [InlineData("trifecta: allow", "trifecta")]
    [InlineData("trusted_from: web", "trusted_from")]
    [InlineData("trusted_form: user", "trusted_form")]
    [InlineData("users_may_disclose: 1", "users_may_disclose")]
    [InlineData("hosts: ['*']", "hosts")]
    [InlineData("hosts: [https://x.example]", "hosts")]
    [InlineData("canaries: [short]", "canaries")]
    [InlineData("recipients: bob", "recipients")]
    [InlineData("tools: { add: always }", "tools.add")]
    [InlineData("tools: { add: { calls_max: -1 } }", "tools.add.calls_max")]
    [InlineData("tools: { ad: { calls_max: 1 } }", "tools.ad")]
    [InlineData("- a", "$")]
    public void What_is_wrong_with_a_policy_is_said_with_its_place(string yaml, string path) =>
        PolicyReader.Read(yaml, s_parts.Catalogue).Fault.Errors.Keys.ShouldContain(path);

    [Fact]
    public void An_agents_policy_never_widens_the_tenants() => Gen.Select(Policies, Policies).Sample((tenant, agent) =>
    {
        var (both, _) = PolicyMerge.Narrow(tenant, agent);
        (both.TrustedFrom >= tenant.TrustedFrom).ShouldBeTrue();
        (both.UntrustedAction >= tenant.UntrustedAction && both.Trifecta >= tenant.Trifecta
            && both.Disclosure >= tenant.Disclosure && both.UnknownLink >= tenant.UnknownLink).ShouldBeTrue();
        if (!tenant.UsersMayDisclose) both.UsersMayDisclose.ShouldBeFalse();
        if (!tenant.StandingApprovals) both.StandingApprovals.ShouldBeFalse();
        if (!tenant.Recipients.IsEmpty)
        {
            both.Recipients.All(entry => tenant.Recipients.Any(outer => PolicyMerge.Covers(outer, entry))).ShouldBeTrue();
        }

        tenant.Canaries.All(both.Canaries.Contains).ShouldBeTrue();
        foreach (var (name, rule) in tenant.Tools)
        {
            if (rule.CallsMax is { } most) both.Tools[name].CallsMax.ShouldNotBeNull().ShouldBeLessThanOrEqualTo(most);
            if (rule.Refuse) both.Tools[name].Refuse.ShouldBeTrue();
            if (rule.Approval is ApprovalMode.Always) both.Tools[name].Approval.ShouldBe(ApprovalMode.Always);
        }
    });

    [Theory]
    [InlineData("*@x.example", "bob@x.example", true)]
    [InlineData("*@x.example", "*@x.example", true)]
    [InlineData("*@x.example", "b*@x.example", true)]
    [InlineData("b*@x.example", "*@x.example", false)]
    [InlineData("*", "*@y.example", true)]
    [InlineData("*@x.example", "*", false)]
    public void A_pattern_covers_another_where_it_covers_all_of_it(string outer, string inner, bool covers) =>
        PolicyMerge.Covers(outer, inner).ShouldBe(covers);

    private static Gen<Policy> Policies { get; } = Gen.Select(
        Pick.OneOf(Integrity.Tool, Integrity.Tenant, Integrity.User), Gen.Enum<RuleAction>(), Gen.Enum<RuleAction>(), Gen.Bool,
        Pick.OneOf("*@x.example", "bob@x.example", "*", "eve@y.example").Array[0, 3],
        Gen.Select(Gen.Int[0, 5], Gen.Bool, Gen.Bool),
        static (from, action, trifecta, disclose, recipients, tool) => new Policy
        {
            TrustedFrom = from,
            UntrustedAction = action,
            Trifecta = trifecta,
            UsersMayDisclose = disclose,
            StandingApprovals = disclose,
            Recipients = [.. recipients],
            Canaries = [.. recipients],
            Tools = ImmutableDictionary<string, ToolPolicy>.Empty.Add(
                "add", new ToolPolicy(tool.Item1 == 0 ? null : tool.Item1, tool.Item2 ? ApprovalMode.Always : ApprovalMode.Default, tool.Item3)),
        });
}
