using System.Text.Json;
using CodexOS.Runs.Contracts;
using CodexOS.Tools.Contracts;
using CsCheck;
using Shouldly;
using Xunit;
using static CodexOS.Tests.Tools.GateCase;

namespace CodexOS.Tests.Tools;

public sealed class ToolGateProperties
{
    private static readonly Gen<string> s_tools = Gen.OneOf(
        Pick.OneOf("read_file", "git_commit", "add", "shell", "READ_FILE", "read_file ", ""), Gen.String[0, 12]);

    private static readonly Gen<string> s_paths = Pick.OneOf(
        "src/a.js", "src/../x", "../x", "src/", "x", "src/a\n", "/etc/passwd", "src/..", "..", "src/b/c");

    private static readonly Gen<string> s_arguments = Gen.OneOf(
        s_paths.Select(static path => $$"""{ "path": {{JsonSerializer.Serialize(path)}} }"""),
        s_paths.Select(static path => $$"""{ "message": {{JsonSerializer.Serialize(path)}} }"""),
        Pick.OneOf("{}", "[]", "null", """{ "numbers": [1] }""", """{ "path": "src/a", "extra": 1 }"""));

    private static readonly Gen<ToolGrant> s_grants = Gen.Select(
        s_tools,
        Gen.Enum<ApprovalMode>(),
        Pick.OneOf("{}", """{ "path": "src/*" }""", """{ "message": "x" }""", """{ "path": 7 }"""),
        static (tool, approval, rules) => Grant(tool, approval, rules));

    private static readonly Gen<ApprovalOutcome?> s_approvals = Gen.OneOf(
        Gen.Const((ApprovalOutcome?)null),
        Gen.Select(Gen.Bool, Pick.OneOf("", new string('0', 64)), static (approved, hash) =>
            (ApprovalOutcome?)new ApprovalOutcome(approved, hash, "ada", null)));

    [Fact]
    public void No_call_outside_the_grant_is_ever_allowed() => Gen
        .Select(s_tools, s_arguments, s_grants.Array[0, 4], Gen.Bool, s_approvals)
        .Sample((tool, arguments, grants, hasWorkspace, approval) =>
        {
            var workspace = hasWorkspace ? Workspace : (WorkspaceId?)null;
            var verdict = Gate.Judge(Call(tool, arguments, GrantOf(workspace, grants), approval));
            if (verdict is GateVerdict.Refuse) return;

            // Whatever was not refused must be covered: said here anew, without the gate's code.
            var grant = grants.Single(grant => grant.Name == tool);
            var contract = Catalogue.Find(tool).ShouldNotBeNull();
            var given = JsonElement.Parse(arguments);
            foreach (var (name, rule) in grant.Arguments)
            {
                var value = given.GetProperty(name).GetString()!;
                if (rule.GetString() == "src/*")
                {
                    value.ShouldStartWith("src/");
                    value.Split('/').ShouldNotContain("..");
                }
                else
                {
                    value.ShouldBe(rule.GetString());
                }
            }

            given.ValueKind.ShouldBe(JsonValueKind.Object);
            given.EnumerateObject().Select(static it => it.Name).ShouldBeSubsetOf(
                contract.InputSchema.GetProperty("properties").EnumerateObject().Select(static it => it.Name));
            if (contract.NeedsWorkspace) workspace.ShouldNotBeNull();
            (approval is { Approved: false }).ShouldBeFalse();
            if (verdict is GateVerdict.Allow)
            {
                grant.Approval.ShouldNotBe(ApprovalMode.Always);
                if (contract.AsksByDefault) grant.Approval.ShouldBe(ApprovalMode.Never);
                if (contract.Effect is EffectClass.Irreversible) grant.Approval.ShouldNotBe(ApprovalMode.Never);
            }
        }, iter: 20_000);

    [Fact]
    public void The_gate_is_a_function_of_the_call() => Gen.Select(s_tools, s_arguments, s_grants.Array[0, 3])
        .Sample((tool, arguments, grants) =>
        {
            var call = Call(tool, arguments, GrantOf(Workspace, grants));
            Describe(Gate.Judge(call)).ShouldBe(Describe(Gate.Judge(call)));
        });

    [Fact]
    public void Any_json_at_all_is_judged_without_an_exception() => JsonGen.Any.Sample(json =>
    {
        var call = Call("add", "{}", GrantOf(Workspace, Grant("add")));
        Gate.Judge(call with { Input = json });
        Gate.Judge(call with { Grant = json });
        Gate.Judge(Call("add", json.GetRawText(), call.Grant));
    });

    private static string Describe(GateVerdict verdict) => verdict switch
    {
        GateVerdict.Ask ask => $"ask {ask.ArgumentsHash} {ask.Title}",
        _ => verdict.ToString()!,
    };
}
