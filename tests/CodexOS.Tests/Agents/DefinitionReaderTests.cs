using CodexOS.Agents.Definitions;
using CodexOS.Agents.Demo;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Tenancy;
using CodexOS.Testing;
using CodexOS.Tools.Contracts;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Agents;

public sealed class DefinitionReaderTests
{
    private const string Small = "name: helper\ninstructions: Help.\nmodel: scripted:x\n";

    [Fact]
    public void A_small_definition_has_defaults_for_the_rest()
    {
        var agent = Read(Small).Value;

        agent.Name.ShouldBe("helper");
        agent.Title.ShouldBe("helper");
        agent.Program.ShouldBe("react");
        agent.Tools.ShouldBeEmpty();
        agent.Limits.ShouldBe(AgentLimits.Default);
        agent.Temperature.ShouldBeNull();
    }

    [Fact]
    public void The_semantic_cache_is_off_until_it_is_asked_for_and_has_defaults_then()
    {
        Read(Small).Value.SemanticCache.ShouldBeNull();
        Read(Small).Value.Canonical().ShouldNotContain("semanticCache");
        Read(Small + "semantic_cache: {}\n").Value.SemanticCache.ShouldBe(new SemanticCacheRule(0.95, 3_600));
        Read(Small + "semantic_cache: { similarity: 0.9, ttl: 7d }\n").Value.SemanticCache.ShouldBe(
            new SemanticCacheRule(0.9, 7 * 24 * 3_600));
        Read(Small + "semantic_cache: { similarity: 0.7, ttl: 31d }\n").Fault.Errors!.Keys.ShouldBe(
            ["semantic_cache.similarity", "semantic_cache.ttl"], ignoreOrder: true);
    }

    [Fact]
    public void Everything_that_is_written_is_read()
    {
        var agent = Read(
            """
            name: repo-engineer-2
            title: "Repository engineer"
            description: >
              Works in
              a repository.
            instructions: |
              Be careful.
              Test.
            model: openai:llama3:8b
            program: react
            tools:
              - read_file
              - name: git_commit
                approval: always
                arguments: { message: "Fix: *" }
              - name: add
                approval: never
                arguments:
                  numbers: [1, 2.5, "3", true, null]
            limits: { steps_max: 7, wall_time_max: 1h30m, tokens_max: 9, cost_max_usd: 0.25, context_tokens_max: 5000,
                      calls_per_turn_max: 2, errors_in_a_row_max: 3 }
            temperature: 0.7
            output_tokens_max: 4096
            """).Value;

        agent.Description.ShouldBe("Works in a repository.");
        agent.Instructions.ShouldBe("Be careful.\nTest.\n");
        agent.Model.ShouldBe("openai:llama3:8b");
        agent.Tools.Select(static tool => (tool.Name, tool.Approval)).ShouldBe(
            [("read_file", ApprovalMode.Default), ("git_commit", ApprovalMode.Always), ("add", ApprovalMode.Never)]);
        agent.Tools[1].Arguments["message"].GetString().ShouldBe("Fix: *");
        agent.Tools[2].Arguments["numbers"].GetRawText().ShouldBe("""[1,2.5,"3",true,null]""");
        agent.Limits.ShouldBe(new AgentLimits(7, 5_400, 9, 250_000, 5_000, 2, 3));
        agent.Temperature.ShouldBe(0.7f);
        agent.OutputTokensMax.ShouldBe(4_096);
    }

    [Fact]
    public void Knowledge_bases_are_granted_in_the_author_s_order()
    {
        var agent = Read(Small + "tools: [knowledge_search]\nknowledge: [salaries, handbook]\n").Value;

        agent.Knowledge.ShouldBe(["salaries", "handbook"]);
        Read(Small).Value.Knowledge.ShouldBeNull("the spelling of older versions stays as it was");
    }

    [Theory]
    [InlineData("knowledge: [handbok]", "knowledge[0]", 4, 13, "There is no knowledge base 'handbok' that you may read.")]
    [InlineData("knowledge: [handbook, handbook]", "knowledge[1]", 4, 23, "listed twice")]
    [InlineData("knowledge: [\"Hand book\"]", "knowledge", 4, 13, "It must be the name of a knowledge base")]
    [InlineData("knowledge: handbook", "knowledge", 4, 12, "A list of at most 32 texts is expected.")]
    [InlineData("tools: [knowledge_search]", "knowledge", 4, 8, "knowledge_search reads knowledge bases")]
    public void What_is_wrong_with_knowledge_is_said_with_its_place(string line, string path, int at, int column, string message)
    {
        var fault = Read($"{Small}{line}\n").Fault;

        fault.Errors[path][0].ShouldContain($"Line {at}, column {column}: ");
        fault.Errors[path][0].ShouldContain(message);
    }

    [Fact]
    public void An_author_grants_no_more_than_they_may_read()
    {
        var text = Small + "knowledge: [handbook, salaries]\n";
        var author = new Caller(TenantId.New(Clocks.AtNoon()), UserId.New(Clocks.AtNoon()), "Ada", [])
        {
            Grants = [new ResourceGrant(new Resource(ResourceKinds.Knowledge, "handbook"), "knowledge:read")],
        };

        Read(text, author).Fault.Errors.Keys.ShouldBe(["knowledge[1]"]);
        Read(text, author with { Permissions = ["knowledge:read"] }).IsOk.ShouldBeTrue();
    }

    [Fact]
    public void The_demo_agent_is_a_valid_definition()
    {
        var agent = Read(DemoAgent.Definition).Value;

        agent.Name.ShouldBe("repo-engineer");
        agent.Title.ShouldBe("Repository engineer");
        agent.Model.ShouldBe("scripted:repo-engineer");
        agent.Tools.Single(static tool => tool.Name == "git_commit").Approval.ShouldBe(ApprovalMode.Always);
    }

    [Theory]
    [InlineData("", 1, 1, "empty")]
    [InlineData("# nothing\n", 2, 1, "empty")]
    [InlineData("name: a\n  b: c\n", 2, 4, "")]
    [InlineData("name: [a\n", 2, 1, "")]
    [InlineData("name: \"a\n", 1, 7, "")]
    [InlineData("name: x\ninstructions: [a\nmodel: scripted:x\n", 2, 15, "unclosed bracket")]
    [InlineData("name: a\nname: b\n", 2, 1, "'name' is given twice")]
    [InlineData("a: &x 1\nb: *x\n", 1, 4, "Anchors")]
    [InlineData("b: *x\n", 1, 4, "Aliases")]
    [InlineData("a: !!str 1\n", 1, 4, "Tags")]
    [InlineData("a: 1\n---\nb: 2\n", 2, 1, "Only one document")]
    [InlineData("? [a]\n: b\n", 1, 3, "A name must be plain text")]
    public void Text_that_is_no_acceptable_yaml_is_refused_with_its_place(
        string text, int line, int column, string says)
    {
        var fault = Read(text).Fault;

        fault.Code.ShouldBe("agents.malformed_yaml");
        (fault.Details["line"], fault.Details["column"]).ShouldBe(((object)(long)line, (object)(long)column));
        fault.Message.ShouldContain(says);
        fault.Message.ShouldContain($"line {line}, column {column}");
    }

    [Fact]
    public void No_text_whatever_makes_reading_it_throw()
    {
        var random = new Random(20_26);
        string[] pieces =
            ["name", ": ", "\n", "\n  ", "- ", "[", "]", "{", "}", ", ", "\"", "'", "|", ">", "a", "&a", "*a", "!", "%", "---", "#", "?", "\t", "é"];
        for (var i = 0; i < 20_000; i++)
        {
            var text = string.Concat(random.GetItems(pieces, random.Next(1, 14)));
            Should.NotThrow(() => Read(text), text);
        }
    }

    [Fact]
    public void A_text_that_grows_when_read_is_refused_before_it_grows()
    {
        var bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n" + string.Concat(
            "bcdefghi".Select(static (name, i) => $"{name}: &{name} [*{(char)('a' + i)},*{(char)('a' + i)}]\n"));
        Read(bomb).Fault.Code.ShouldBe("agents.malformed_yaml");
        Read(new string('[', 100) + new string(']', 100)).Fault.Message.ShouldContain("nested more than");
        Read(string.Concat(Enumerable.Repeat("- a\n", 10_001))).Fault.Message.ShouldContain("more than 10000 values");
    }

    [Theory]
    [InlineData("toolz: []\n", "toolz", 4, 1, "There is no field 'toolz'. Did you mean 'tools'?")]
    [InlineData("xyzzyplugh: 1\n", "xyzzyplugh", 4, 1, "There is no field 'xyzzyplugh'.")]
    [InlineData("temperature: 3\n", "temperature", 4, 14, "A number from 0 to 2 is expected.")]
    [InlineData("temperature: warm\n", "temperature", 4, 14, "A number from 0 to 2 is expected.")]
    [InlineData("output_tokens_max: 1.5\n", "output_tokens_max", 4, 20, "A whole number from 1 to")]
    [InlineData("program: raect\n", "program", 4, 10, "It must be react. Did you mean 'react'?")]
    [InlineData("title: [a]\n", "title", 4, 8, "A text is expected.")]
    [InlineData("title: \"a\\0b\"\n", "title", 4, 8, "It holds a control character.")]
    [InlineData("limits: 7\n", "limits", 4, 9, "Limits are a list of fields")]
    [InlineData("limits:\n  steps: 7\n", "limits.steps", 5, 3, "There is no field 'steps'.")]
    [InlineData("limits:\n  steps_max: 0\n", "limits.steps_max", 5, 14, "A whole number from 1 to 10000")]
    [InlineData("limits:\n  wall_time_max: 30\n", "limits.wall_time_max", 5, 18, "A time such as 90s")]
    [InlineData("limits:\n  wall_time_max: 99d\n", "limits.wall_time_max", 5, 18, "at most 30 days")]
    [InlineData("tools: read_file\n", "tools", 4, 8, "A list is expected")]
    [InlineData("tools:\n  - [a]\n", "tools[0]", 5, 5, "A tool's name is expected")]
    [InlineData("tools:\n  - add\n  - add\n", "tools[1]", 6, 5, "listed twice")]
    [InlineData("tools:\n  - name: add\n    aproval: always\n", "tools[0].aproval", 6, 5, "Did you mean 'approval'?")]
    [InlineData("tools:\n  - name: add\n    approval: allways\n", "tools[0].approval", 6, 15, "Did you mean 'always'?")]
    [InlineData("tools:\n  - approval: always\n", "tools[0].name", 5, 5, "is missing")]
    [InlineData("tools:\n  - name: git_commit\n    approval: never\n", "tools[0].approval", 6, 15, "cannot be undone")]
    [InlineData("tools:\n  - name: add\n    arguments:\n      nubmers: 1\n", "tools[0].arguments.nubmers", 7, 7,
        "add has no argument 'nubmers'. Did you mean 'numbers'?")]
    public void A_wrong_field_is_refused_with_its_place_and_the_fix(
        string more, string path, int line, int column, string says)
    {
        var fault = Read(Small + more).Fault;

        fault.Code.ShouldBe("agents.invalid_definition");
        fault.Errors[path].ShouldHaveSingleItem().ShouldStartWith($"Line {line}, column {column}: ");
        fault.Errors[path][0].ShouldContain(says);
    }

    [Theory]
    [InlineData("Helper")]
    [InlineData("-a")]
    [InlineData("a_b")]
    [InlineData("\"a\\n\"")]
    [InlineData("a123456789a123456789a123456789a123456789a123456789a123456789a123")]
    public void A_name_that_cannot_stand_in_an_address_is_refused(string name) =>
        Read($"name: {name}\ninstructions: Help.\nmodel: scripted:x\n").Fault.Errors["name"].ShouldHaveSingleItem();

    [Theory]
    [InlineData("gpt-4o", "Write provider:model")]
    [InlineData("opneai:gpt-4o", "Did you mean 'openai'? There are: scripted, openai, replay.")]
    public void A_model_that_cannot_exist_here_is_refused(string model, string says) =>
        Read($"name: a\ninstructions: Help.\nmodel: {model}\n").Fault.Errors["model"].Single().ShouldContain(says);

    [Fact]
    public void A_model_whose_provider_has_no_key_yet_may_be_named() =>
        Read("name: a\ninstructions: Help.\nmodel: openai:gpt-4o\n").IsOk.ShouldBeTrue();

    [Fact]
    public void An_unknown_tool_is_named_with_those_that_are_near()
    {
        var fault = Read(Small + "tools:\n  - raed_file\n  - name: git_comit\n").Fault;

        fault.Code.ShouldBe("agents.unknown_tool");
        fault.Errors["tools[0]"].Single().ShouldContain("There is no tool 'raed_file'. Did you mean 'read_file'");
        fault.Errors["tools[1].name"].Single().ShouldContain("Did you mean 'git_commit'?");
        fault.Details["line"].ShouldBe(5L);
    }

    [Fact]
    public void All_that_is_wrong_is_said_at_once_in_the_order_of_the_text()
    {
        var fault = Read("nmae: a\nmodel: x\ntools: [nope]\nlimits: { steps_max: -1 }\n").Fault;

        fault.Code.ShouldBe("agents.invalid_definition");
        fault.Errors.Keys.Order().ShouldBe(["instructions", "limits.steps_max", "model", "name", "nmae", "tools[0]"]);
        fault.Message.ShouldStartWith("nmae at line 1, column 1");
        fault.Message.ShouldContain("5 more");
    }

    [Fact]
    public void A_definition_means_the_same_whatever_its_layout_and_comments()
    {
        var one = Read("# a comment\nname: a\nmodel: scripted:x\ninstructions: \"Help.\"\ntools: [add]\n").Value;
        var other = Read("tools:\n  - name: add\ninstructions: Help.\nmodel: 'scripted:x'\nname: a\ntitle: a").Value;
        var different = Read("tools:\n  - name: add\ninstructions: Help!\nmodel: 'scripted:x'\nname: a").Value;

        other.Canonical().ShouldBe(one.Canonical());
        different.Canonical().ShouldNotBe(one.Canonical());
    }

    [Fact]
    public void A_stored_definition_reads_back_as_it_was()
    {
        var agent = Read(Small + "temperature: 0.1\ntools:\n  - name: add\n    arguments: { numbers: [1] }\n").Value;
        AgentDefinition.FromCanonical(agent.Canonical()).Canonical().ShouldBe(agent.Canonical());
    }

    private static Result<AgentDefinition> Read(string text, Caller? author = null) => AgentsCase.Read(text, author);
}
