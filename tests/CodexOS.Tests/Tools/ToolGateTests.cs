using System.Text.Json;
using CodexOS.Runs.Contracts;
using CodexOS.Tools.Contracts;
using Shouldly;
using Xunit;
using static CodexOS.Tests.Tools.GateCase;

namespace CodexOS.Tests.Tools;

public sealed class ToolGateTests
{
    private static readonly JsonElement s_everything = GrantOf(
        Workspace, Grant("read_file"), Grant("git_commit"), Grant("add"));

    [Fact]
    public void A_granted_call_with_fitting_arguments_is_allowed_with_the_tools_repeat_class() =>
        Gate.Judge(Call("read_file", """{ "path": "src/a.js", "startLine": 3 }""", s_everything))
            .ShouldBe(new GateVerdict.Allow(RepeatClass.Read));

    [Theory]
    [InlineData("rm_rf", "{}", "tools.unknown_tool")]
    [InlineData("READ_FILE", """{ "path": "a" }""", "tools.unknown_tool")]
    [InlineData("read_file", "{}", "tools.bad_arguments")]
    [InlineData("read_file", "[]", "tools.bad_arguments")]
    [InlineData("read_file", "null", "tools.bad_arguments")]
    [InlineData("read_file", """{ "path": 7 }""", "tools.bad_arguments")]
    [InlineData("read_file", """{ "path": "a", "startLine": 0 }""", "tools.bad_arguments")]
    [InlineData("read_file", """{ "path": "a", "startLine": 1.5 }""", "tools.bad_arguments")]
    [InlineData("read_file", """{ "path": "a", "mode": "w" }""", "tools.bad_arguments")]
    [InlineData("read_file", """{ "path": "a", "path": "b" }""", "tools.bad_arguments")]
    [InlineData("read_file", """{ "path": "\ud800" }""", "tools.bad_arguments")]
    [InlineData("read_file", """{ "path": "a", "startLine": 9007199254740993 }""", "tools.bad_arguments")]
    [InlineData("add", """{ "numbers": [1, 2, 3, 4] }""", "tools.bad_arguments")]
    [InlineData("add", """{ "numbers": [1e999] }""", "tools.bad_arguments")]
    [InlineData("add", """{ "options": { "round": true, "more": 1 } }""", "tools.bad_arguments")]
    public void A_call_that_does_not_fit_is_refused_with_its_reason(string tool, string arguments, string code) =>
        Gate.Judge(Call(tool, arguments, s_everything)).Refusal().ShouldBe(code);

    [Theory]
    [InlineData("""{ "tools": [] }""")]
    [InlineData("""{}""")]
    [InlineData("""null""")]
    [InlineData("""{ "tools": "all" }""")]
    [InlineData("""{ "tools": [null] }""")]
    [InlineData("""{ "tools": [{ "name": "READ_FILE", "approval": "never", "arguments": {} }] }""")]
    [InlineData("""{ "tools": [{ "name": "add", "approval": 1, "arguments": {} }] }""")]
    public void A_grant_that_does_not_list_the_tool_or_cannot_be_read_grants_nothing(string grant) =>
        Gate.Judge(Call("add", "{}", JsonElement.Parse(grant))).Refusal().ShouldBe("tools.not_granted");

    [Fact]
    public void A_tool_that_is_granted_twice_is_not_granted() =>
        Gate.Judge(Call("add", "{}", GrantOf(null, Grant("add"), Grant("add", ApprovalMode.Never)))).Refusal()
            .ShouldBe("tools.not_granted");

    [Theory]
    [InlineData("""{ "tool": "add" }""")]
    [InlineData("""{ "arguments": {} }""")]
    [InlineData("""{ "tool": 7, "arguments": {} }""")]
    [InlineData("""{ "tool": "", "arguments": {} }""")]
    [InlineData("\"add\"")]
    public void A_step_that_is_no_tool_call_is_refused(string input) => Gate
        .Judge(Call("add", "{}", s_everything) with { Input = JsonElement.Parse(input) }).Refusal()
        .ShouldBe("tools.bad_arguments");

    [Theory]
    [InlineData("""{ "path": "src/*" }""", "src/a.js", true)]
    [InlineData("""{ "path": "src/*" }""", "src/deep/a.js", true)]
    [InlineData("""{ "path": "src/*" }""", "test/a.js", false)]
    [InlineData("""{ "path": "src/*" }""", "src/../.git/config", false)]
    [InlineData("""{ "path": "src/*" }""", "src/a/..", false)]
    [InlineData("""{ "path": "src/*" }""", "src\\..\\x", false)]
    [InlineData("""{ "path": "*.md" }""", "docs/a.md", true)]
    [InlineData("""{ "path": "*.md" }""", "docs/a.md\nx", false)]
    [InlineData("""{ "path": "*.md" }""", "a\n.md", false)]
    [InlineData("""{ "path": "a.md" }""", "a.md", true)]
    [InlineData("""{ "path": "a.md" }""", "b.md", false)]
    [InlineData("""{ "path": "*" }""", "anything..at all", true)]
    [InlineData("""{ "path": "a*b*c" }""", "a-b-b-c", true)]
    [InlineData("""{ "path": "a*b*c" }""", "a-c-b", false)]
    [InlineData("""{ "startLine": 1 }""", "a.md", false)]
    [InlineData("""{ "path": true }""", "true", false)]
    public void An_argument_must_have_what_the_grant_asks_for(string rules, string path, bool allowed) => Gate
        .Judge(Call(
            "read_file",
            $$"""{ "path": {{JsonSerializer.Serialize(path)}} }""",
            GrantOf(Workspace, Grant("read_file", rules: rules))))
        .Refusal().ShouldBe(allowed ? null : "tools.argument_not_granted");

    [Fact]
    public void A_rule_that_is_not_a_text_asks_for_the_same_value() => Gate
        .Judge(Call(
            "add",
            """{ "numbers": [1, 2.0], "options": {} }""",
            GrantOf(null, Grant("add", rules: """{ "numbers": [1.0, 2] }"""))))
        .ShouldBeOfType<GateVerdict.Allow>();

    [Fact]
    public void A_tool_that_works_on_files_needs_a_workspace() => Gate
        .Judge(Call("read_file", """{ "path": "a" }""", GrantOf(null, Grant("read_file")))).Refusal()
        .ShouldBe("tools.no_workspace");

    [Fact]
    public void A_tool_that_reads_knowledge_bases_needs_a_grant_of_one()
    {
        Gate.Judge(Call("knowledge_search", "{}", GrantOf(null, Grant("knowledge_search")))).Refusal()
            .ShouldBe("tools.no_knowledge");
        Gate.Judge(Call("knowledge_search", "{}", JsonElement.Parse(
            """{ "tools": [{ "name": "knowledge_search", "approval": "default", "arguments": {} }], "knowledge": ["handbook"] }""")))
            .Refusal().ShouldBeNull();
    }

    [Theory]
    [InlineData("add", ApprovalMode.Default, false)]
    [InlineData("add", ApprovalMode.Always, true)]
    [InlineData("add", ApprovalMode.Never, false)]
    [InlineData("git_commit", ApprovalMode.Default, true)]
    [InlineData("git_commit", ApprovalMode.Always, true)]
    public void A_person_is_asked_where_contract_or_grant_want_it(string tool, ApprovalMode mode, bool asks)
    {
        var arguments = tool == "add" ? "{}" : """{ "message": "Fix it" }""";
        var verdict = Gate.Judge(Call(tool, arguments, GrantOf(Workspace, Grant(tool, mode))));
        (verdict is GateVerdict.Ask).ShouldBe(asks);
    }

    [Fact]
    public void What_cannot_be_undone_is_never_done_unasked() => Gate
        .Judge(
            Call("git_commit", """{ "message": "x" }""", GrantOf(Workspace, Grant("git_commit", ApprovalMode.Never))))
        .Refusal().ShouldBe("tools.not_granted");

    [Fact]
    public void The_person_sees_canonical_arguments_a_title_and_a_hash_of_them()
    {
        var ask = Gate.Judge(Call("git_commit", """{ "message" : "Fix\u0020the sum\n\nBecause." }""", s_everything))
            .ShouldBeOfType<GateVerdict.Ask>();

        ask.Tool.ShouldBe("git_commit");
        ask.Title.ShouldBe("git_commit: Fix the sum");
        ask.Arguments.GetRawText().ShouldBe("""{"message":"Fix the sum\n\nBecause."}""");
        ask.ArgumentsHash.ShouldBe(CanonicalJson.Hash(
            """{"arguments":{"message":"Fix the sum\n\nBecause."},"tool":"git_commit"}"""));
        ask.ExpiresAfter.ShouldBe(ApprovalTimeMax);
    }

    [Fact]
    public void An_approval_holds_for_exactly_the_call_it_was_given_for()
    {
        var ask = (GateVerdict.Ask)Gate.Judge(Call("git_commit", """{ "message": "Fix" }""", s_everything));
        var approved = new ApprovalOutcome(true, ask.ArgumentsHash, "ada", null);

        Gate.Judge(Call("git_commit", """{ "message": "Fix" }""", s_everything, approved))
            .ShouldBeOfType<GateVerdict.Allow>();
        Gate.Judge(Call("git_commit", """{ "message": "Fix!" }""", s_everything, approved))
            .ShouldBeOfType<GateVerdict.Ask>();
    }

    [Fact]
    public void An_approval_covers_no_violation()
    {
        var ask = (GateVerdict.Ask)Gate.Judge(Call("git_commit", """{ "message": "Fix" }""", s_everything));
        var approved = new ApprovalOutcome(true, ask.ArgumentsHash, "ada", null);

        Gate.Judge(Call("git_commit", """{ "message": "Fix" }""", GrantOf(Workspace, Grant("add")), approved)).Refusal()
            .ShouldBe("tools.not_granted");
        Gate.Judge(Call("git_commit", """{ "message": "Fix" }""", GrantOf(null, Grant("git_commit")), approved))
            .Refusal()
            .ShouldBe("tools.no_workspace");
    }

    [Theory]
    [InlineData("ada", "Use another message", "A person denied git_commit and wrote: Use another message.")]
    [InlineData("ada", null, "A person denied git_commit.")]
    [InlineData("expiry", null, "Nobody approved git_commit in time.")]
    public void A_denied_call_is_refused_with_the_persons_note(string by, string? note, string says)
    {
        var verdict = Gate.Judge(Call(
            "git_commit", """{ "message": "Fix" }""", s_everything, new ApprovalOutcome(false, "any", by, note)));

        var fault = verdict.ShouldBeOfType<GateVerdict.Refuse>().Fault;
        fault.Code.ShouldBe("tools.denied");
        fault.Message.ShouldStartWith(says);
    }

    [Fact]
    public void A_refusal_says_which_argument_is_wrong_and_no_value()
    {
        var verdict = Gate.Judge(Call("read_file", """{ "path": "a", "mdoe": "hunter2" }""", s_everything));

        var message = verdict.ShouldBeOfType<GateVerdict.Refuse>().Fault.Message;
        message.ShouldContain("'mdoe' is not an argument of this tool");
        message.ShouldNotContain("hunter2");
    }
}
