using System.Text.Json;
using CodexOS.Platform.Egress;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Http;
using CodexOS.Runs.Contracts;
using CodexOS.Testing;
using CodexOS.Testing.Adversary;
using CodexOS.Tools.Calls;
using CodexOS.Tools.Catalogue;
using CodexOS.Tools.Contracts;
using CodexOS.Tools.Gate;
using CodexOS.Tools.HttpFetch;
using Microsoft.Extensions.Options;
using Shouldly;
using Xunit;
using static CodexOS.Tests.Tools.GateCase;

namespace CodexOS.Tests.Tools;

/// <summary>What a grant of hosts means to gate, handler and child runs.</summary>
public sealed class EgressGrantTests : IDisposable
{
    private readonly List<GateParts> _parts = [];

    [Theory]
    [InlineData("a.com", "a.com", true)]
    [InlineData("*.a.com", "b.a.com", true)]
    [InlineData("a.com", "b.com", false)]
    [InlineData("b.a.com", "*.a.com", false)]
    [InlineData("a.com", "a.com:81", false)]
    [InlineData(null, "a.com", false)]
    [InlineData("a.com", null, true)]
    public void A_run_that_another_starts_reaches_no_more_hosts(string? outer, string? inner, bool within) =>
        new GrantRule().Contains(GrantFor(outer), GrantFor(inner)).ShouldBe(within);

    [Fact]
    public void A_host_that_the_agent_lists_is_one_that_its_calls_may_name()
    {
        var read = new GrantReader();
        read.Read(GrantFor("*.a.com", "work"))!.Policy.Hosts.ShouldBe(["*.a.com"]);
        read.Read(GrantFor(null, "work"))!.Policy.Hosts.ShouldBeEmpty();
    }

    [Fact]
    public void A_child_run_gets_no_further_network_and_no_other_secret()
    {
        var rule = new EgressRule("a.com");
        var outer = GrantWith(new EgressGrant([rule], ["10.0.0.0/8"]));
        new GrantRule().Contains(outer, GrantWith(new EgressGrant([rule], []))).ShouldBeTrue();
        new GrantRule().Contains(outer, GrantWith(new EgressGrant([rule], ["10.0.0.0/8", "172.16.0.0/12"]))).ShouldBeFalse();
        new GrantRule().Contains(outer, GrantWith(new EgressGrant([rule with { Secret = "key" }], []))).ShouldBeFalse();
        new GrantRule().Contains(outer, GrantWith(new EgressGrant([rule with { Methods = ["GET"] }], []))).ShouldBeTrue();
    }

    [Fact]
    public void The_gate_judges_a_fetch_by_its_method()
    {
        var catalogue = new ToolCatalogue([new HttpFetchTool(Options.Create(new HttpFetchOptions()), [])]);
        var gate = new ToolGate(catalogue, new GrantReader(), ApprovalTimeMax);
        var (free, never) = (GrantOf(null, Grant("http_fetch")), GrantOf(null, Grant("http_fetch", ApprovalMode.Never)));
        const string read = """{ "url": "https://a.com" }""", send = """{ "url": "https://a.com", "method": "POST" }""";

        gate.Judge(Call("http_fetch", read, free)).ShouldBeOfType<GateVerdict.Allow>().Repeat.ShouldBe(RepeatClass.Read);
        gate.Judge(Call("http_fetch", read, never)).ShouldBeOfType<GateVerdict.Allow>();
        gate.Judge(Call("http_fetch", send, never)).Refusal().ShouldBe("tools.not_granted");
        var ask = gate.Judge(Call("http_fetch", send, free)).ShouldBeOfType<GateVerdict.Ask>();
        var approved = new ApprovalOutcome(true, ask.ArgumentsHash, "ada", null);
        gate.Judge(Call("http_fetch", send, free, approved)).ShouldBeOfType<GateVerdict.Allow>().Repeat.ShouldBe(RepeatClass.Unsafe);
    }

    [Fact]
    public async Task What_a_call_reached_is_in_its_outcome_and_if_it_fails_in_its_progress()
    {
        foreach (var fails in (bool[])[false, true])
        {
            var tool = new TestTool("work", """{ "type": "object" }""") { Does = (call, token) => AskAsync(call, fails, token) };
            var told = new List<Progress>();
            var call = Call("work", "{}", GrantFor("a.com", "work")) with { OnProgress = told.Add };
            var outcome = await HandlerOf(tool).PerformAsync(call, TestContext.Current.CancellationToken);
            if (fails)
            {
                outcome.Fault.Code.ShouldBe("test.failed");
                told.Single().Text.ShouldBe("Network: 1× GET b.com:443 denied (egress.not_listed, 0 B sent, 0 B received)");
            }
            else
            {
                told.ShouldBeEmpty();
                var line = outcome.Value.Output.GetProperty("egress").GetProperty("decisions")[0];
                line.GetProperty("outcome").GetString().ShouldBe("denied");
            }
        }
    }

    [Fact]
    public async Task A_grant_of_hosts_that_cannot_be_read_opens_nothing()
    {
        var tool = new TestTool("work", """{ "type": "object" }""");
        var outcome = await HandlerOf(tool).PerformAsync(
            Call("work", "{}", GrantWith(new EgressGrant([new EgressRule("10.0.0.1")], []), "work")), TestContext.Current.CancellationToken);
        outcome.Fault.Code.ShouldBe("egress.bad_rule");
        tool.Calls.ShouldBeEmpty();
    }

    /// <inheritdoc />
    public void Dispose() => _parts.ForEach(static parts => parts.Dispose());

    private static async Task<Result<ToolResult>> AskAsync(ToolCall call, bool fails, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "https://b.com/");
        (await call.Egress!.SendAsync(request, new EgressClientSettings(), cancellationToken)).IsOk.ShouldBeFalse();
        return fails
            ? new Fault("test.failed", FaultKind.Unavailable, "It failed.")
            : new ToolResult("done", false, JsonElement.Parse("{}"));
    }

    private ToolCallHandler HandlerOf(TestTool tool)
    {
        var parts = new GateParts([tool], Clocks.AtNoon());
        _parts.Add(parts);
        return parts.Handler;
    }

    private static JsonElement GrantFor(string? host, params string[] tools) =>
        GrantWith(host is null ? null : new EgressGrant([EgressRule.Parse(host).Value], []), tools);

    private static JsonElement GrantWith(EgressGrant? egress, params string[] tools) => JsonSerializer.SerializeToElement(
        new RunGrant([.. tools.Select(static tool => Grant(tool))], null, null) { Egress = egress }, Json.Options);
}
