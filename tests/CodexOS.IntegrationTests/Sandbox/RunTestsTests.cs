using System.Text.Json;
using CodexOS.Runs.Contracts;
using CodexOS.Tools.Contracts;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Sandbox;

/// <summary>Real runners in the real sandbox.</summary>
public sealed class RunTestsTests(WorkspaceServer server) : IClassFixture<WorkspaceServer>
{
    private const string NodeTests =
        """
        const { test } = require('node:test');
        const assert = require('node:assert');
        test('adds', () => assert.equal(require('./calc').add(2, 2), 4));
        test('is there', () => {});
        test('later', { skip: true }, () => {});

        """;

    [Fact]
    public async Task Node_tests_are_recognized_run_and_repaired()
    {
        var workspace = await server.UploadAsync(("calc.js", "exports.add = (a, b) => a - b;\n"), ("calc.test.js", NodeTests));
        var before = await server.CallAsync("run_tests", workspace, new { });
        before.IsError.ShouldBeTrue();
        Counts(before).ShouldBe((3, 1, 1, 1));
        before.Text.ShouldContain("[3 tests: 1 passed, 1 failed, 1 skipped]");
        before.Text.ShouldContain("FAILED adds  calc.test.js:3\n  0 == 4\n");
        var failure = before.Data.GetProperty("failures")[0];
        failure.GetProperty("file").GetString().ShouldBe("calc.test.js");
        failure.GetProperty("line").GetInt32().ShouldBe(3);
        before.Data.GetProperty("runner").GetString().ShouldBe("node");
        before.Data.GetProperty("format").GetString().ShouldBe("tap");

        await server.CallAsync("edit_file", workspace, new { path = "calc.js", old_text = "a - b", new_text = "a + b" });
        var after = await server.CallAsync("run_tests", workspace, new { });
        after.IsError.ShouldBeFalse(after.Text);
        Counts(after).ShouldBe((3, 2, 0, 1));
        var one = await server.CallAsync("run_tests", workspace, new { runner = "node", filter = "adds", targets = new[] { "calc.test.js" } });
        one.Data.GetProperty("passed").GetInt32().ShouldBe(1);
        // Nothing of the report is left behind.
        (await server.CallAsync("shell", workspace, new { command = "git status --porcelain" })).Data.GetProperty("stdout")
            .GetString().ShouldBe(" M calc.js\n");
    }

    [Fact]
    public async Task Python_tests_in_a_folder_of_their_own_are_recognized_and_their_failure_has_a_place()
    {
        var workspace = await server.UploadAsync(
            ("app/tests/test_calc.py", "import unittest\n\nclass T(unittest.TestCase):\n    def test_a(self):\n        self.assertEqual(1, 2)\n"
                + "    def test_b(self):\n        print('told')\n"));
        var result = await server.CallAsync("run_tests", workspace, new { path = "app" });
        Counts(result).ShouldBe((2, 1, 1, 0));
        result.Text.ShouldContain("test_calc.py:5\n");
        result.Text.ShouldContain("AssertionError: 1 != 2");
        result.Data.GetProperty("output").GetString()!.ShouldContain("told");
        var filtered = await server.CallAsync("run_tests", workspace, new { path = "app", runner = "unittest", filter = "test_b" });
        Counts(filtered).ShouldBe((1, 1, 0, 0));
        (await server.CallAsync("list_files", workspace, new { })).Text.ShouldNotContain("__pycache__");
    }

    [Fact]
    public async Task A_command_reports_in_its_output_or_in_a_file_and_an_old_file_is_no_report()
    {
        const string junit = "<testsuite><testcase name='a'/><testcase name='b'><failure message='no'>lib/x.c:7: no</failure></testcase></testsuite>";
        var workspace = await server.UploadAsync(("out/report.xml", junit), ("tap.sh", "echo 1..1; echo ok 1 - fine\n"));
        var tap = await server.CallAsync("run_tests", workspace, new { command = "sh tap.sh" });
        tap.IsError.ShouldBeFalse(tap.Text);
        Counts(tap).ShouldBe((1, 1, 0, 0));
        var command = $"mkdir -p out; echo \"{junit}\" > out/report.xml; echo done";
        var file = await server.CallAsync("run_tests", workspace, new { command, format = "junit", report = "out/report.xml" });
        file.IsError.ShouldBeTrue();
        Counts(file).ShouldBe((2, 1, 1, 0));
        file.Text.ShouldContain("FAILED b  lib/x.c:7\n  no\n[output]\ndone\n");
        var stale = await server.CallAsync("run_tests", workspace, new { command = "true", format = "junit", report = "out/report.xml" });
        stale.Data.GetProperty("total").ValueKind.ShouldBe(JsonValueKind.Null);
        stale.Text.ShouldContain("No report of tests was understood");
    }

    [Fact]
    public async Task Output_that_is_no_report_gives_exit_code_and_text_and_no_counts()
    {
        var workspace = await server.UploadAsync(("a", "1"));
        var result = await server.CallAsync("run_tests", workspace, new { command = "echo all 12 tests passed; exit 3" });
        result.IsError.ShouldBeTrue();
        result.Data.GetProperty("exitCode").GetInt32().ShouldBe(3);
        result.Data.GetProperty("passed").ValueKind.ShouldBe(JsonValueKind.Null);
        result.Text.ShouldContain("there are no counts");
        result.Text.ShouldContain("[output]\nall 12 tests passed\n");
        var claimed = await server.CallAsync("run_tests", workspace, new { command = "echo 1..1; echo ok 1; exit 1" });
        claimed.IsError.ShouldBeTrue();
        claimed.Text.ShouldContain("No test is reported as failed, but the runner says that it failed.");
    }

    [Fact]
    public async Task A_report_that_is_too_long_gives_no_counts_and_tests_that_hang_are_killed()
    {
        var workspace = await server.UploadAsync(("a", "1"));
        var flood = await server.CallAsync("run_tests", workspace, new
        {
            command = "head -c 6000000 /dev/zero | tr '\\0' x > r; printf '1..1\\nok 1\\n' >> r",
            report = "r",
        });
        flood.Truncated.ShouldBeTrue();
        flood.Data.GetProperty("total").ValueKind.ShouldBe(JsonValueKind.Null);
        var late = await server.CallAsync("run_tests", workspace, new { command = "echo ok 1; sleep 60", timeout_seconds = 1 });
        late.Data.GetProperty("timedOut").GetBoolean().ShouldBeTrue();
        late.Text.ShouldStartWith("[command: killed after 1 s");
    }

    [Theory]
    [InlineData("""{"path":"missing"}""", "sandbox.file_not_found")]
    [InlineData("""{"path":"../x"}""", "sandbox.bad_path")]
    [InlineData("""{}""", "sandbox.no_tests")]
    [InlineData("""{"command":"true","runner":"node"}""", "sandbox.bad_tests")]
    [InlineData("""{"command":"true","filter":"x"}""", "sandbox.bad_tests")]
    [InlineData("""{"command":"true","report":".git/config"}""", "sandbox.gits_own")]
    [InlineData("""{"command":"a\u0000b"}""", "sandbox.bad_command")]
    public async Task What_cannot_be_run_is_explained(string arguments, string code)
    {
        var workspace = await server.UploadAsync(("a", "1"));
        var result = await server.CallAsync("run_tests", workspace, JsonSerializer.Deserialize<JsonElement>(arguments));
        result.IsError.ShouldBeTrue();
        result.Data.GetProperty("code").GetString().ShouldBe(code);
    }

    [Theory]
    [InlineData("package.json", """{"scripts":{"test":"vitest run"}}""", "vitest")]
    [InlineData("package.json", """{"devDependencies":{"jest":"1"}}""", "jest")]
    [InlineData("package.json", """{"scripts":{"test":"node --test"}}""", "node")]
    [InlineData("conftest.py", "", "pytest")]
    [InlineData("go.mod", "module m", "go")]
    [InlineData("Cargo.toml", "", "cargo")]
    [InlineData("app.csproj", "", "dotnet")]
    [InlineData("CTestTestfile.cmake", "", "ctest")]
    [InlineData("test/a.test.mjs", "", "node")]
    public async Task A_project_is_recognized_by_its_files(string file, string content, string runner)
    {
        var workspace = await server.UploadAsync((file, content));
        var result = await server.CallAsync("run_tests", workspace, new { timeout_seconds = 60 });
        result.Data.GetProperty("runner").GetString().ShouldBe(runner);
    }

    [Fact]
    public void Its_contract_says_truly_what_it_does()
    {
        var contract = server.ToolOf("run_tests").Contract;
        (contract.Effect, contract.Repeat, contract.NeedsSandbox, contract.UsesNetwork)
            .ShouldBe((EffectClass.Reversible, RepeatClass.Keyed, true, false));
    }

    private static (int Total, int Passed, int Failed, int Skipped) Counts(ToolResult result) => (
        result.Data.GetProperty("total").GetInt32(), result.Data.GetProperty("passed").GetInt32(),
        result.Data.GetProperty("failed").GetInt32(), result.Data.GetProperty("skipped").GetInt32());
}
