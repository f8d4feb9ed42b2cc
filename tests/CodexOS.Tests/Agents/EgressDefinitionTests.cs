using CodexOS.Agents.Definitions;
using CodexOS.Platform.Faults;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Agents;

public sealed class EgressDefinitionTests
{
    private const string Head = "name: web\ninstructions: Look.\nmodel: scripted:x\n";

    [Fact]
    public void Hosts_are_read_in_their_one_spelling()
    {
        var agent = Read(
            """
            egress:
              - API.Example.com
              - "*.example.org:8443"
              - host: api.github.com
                methods: [GET, POST]
                secret: github
            """).Value;
        var rules = agent.Egress!.Value;
        rules.Select(static rule => rule.ToString()).ShouldBe(["api.example.com", "*.example.org:8443", "api.github.com"]);
        rules[2].Methods!.Value.ShouldBe(["GET", "POST"]);
        rules[2].Secret.ShouldBe("github");
        AgentDefinition.FromCanonical(agent.Canonical()).Canonical().ShouldBe(agent.Canonical());
    }

    [Theory]
    [InlineData("")]
    [InlineData("egress: []\n")]
    public void No_hosts_are_no_network_and_leave_the_spelling_as_it_was(string egress)
    {
        var agent = Read(egress).Value;
        agent.Egress.ShouldBeNull();
        agent.Canonical().ShouldNotContain("egress");
    }

    [Theory]
    [InlineData("egress: example.com\n", 4, 9, "A list is expected")]
    [InlineData("egress:\n  - 127.0.0.1\n", 5, 5, "by name, never by address")]
    [InlineData("egress:\n  - \"*\"\n", 5, 5, "whole labels")]
    [InlineData("egress:\n  - \"*.com\"\n", 5, 5, "two labels")]
    [InlineData("egress:\n  - https://example.com\n", 5, 5, "port")]
    [InlineData("egress:\n  - \"exa\\0mple.com\"\n", 5, 5, "not the name of a host")]
    [InlineData("egress:\n  - a.com\n  - A.com\n", 6, 5, "listed twice")]
    [InlineData("egress:\n  - host: a.com\n    methods: GET\n", 6, 14, "list of methods")]
    [InlineData("egress:\n  - host: a.com\n    methods: [TRACE]\n", 6, 15, "not one more method 'TRACE'")]
    [InlineData("egress:\n  - host: a.com\n    methods: [GET, GET]\n", 6, 20, "each once")]
    [InlineData("egress:\n  - host: a.com\n    secret: gitlab\n", 6, 13, "no secret 'gitlab'")]
    [InlineData("egress:\n  - host: a.com\n    port: 80\n", 6, 5, "no field 'port'")]
    [InlineData("egress:\n  - methods: [GET]\n", 5, 5, "'host' is missing")]
    [InlineData("egress:\n  - [a.com]\n", 5, 5, "A host is expected")]
    public void A_bad_entry_is_refused_with_its_place(string egress, int line, int column, string says)
    {
        var fault = Read(egress).Fault;
        fault.Code.ShouldBe("agents.invalid_definition");
        (fault.Details["line"], fault.Details["column"]).ShouldBe(((object)(long)line, (object)(long)column));
        fault.Message.ShouldContain(says);
    }

    private static Result<AgentDefinition> Read(string egress) => AgentsCase.Read(Head + egress);
}
