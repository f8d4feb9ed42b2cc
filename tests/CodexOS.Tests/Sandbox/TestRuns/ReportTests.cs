using CodexOS.Sandbox.TestRuns;
using CsCheck;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Sandbox.TestRuns;

/// <summary>Reports of every format, as real runners or the formats' own documents have them.</summary>
public sealed class ReportTests
{
    [Fact]
    public void Node_tells_counts_groups_and_places_and_a_file_that_cannot_be_loaded()
    {
        var report = ReportReader.Read(RunnerOutputs.NodeTap, ReportFormat.Tap)!;
        (report.Passed, report.Failed, report.Skipped, report.Doubt).ShouldBe((3, 3, 2, null));
        report.Failures.Select(failure => (failure.Name, failure.File, failure.Line, failure.Message)).ShouldBe(
        [
            ("subtracts", "calc.test.js", 5, "0 == 1"),
            ("group > throws", "calc.test.js", 11, "broken: yes\nsecond line"),
            ("/workspace/crash.test.js", "crash.test.js", 1, "test failed"),
        ]);
    }

    [Theory]
    [InlineData("TAP version 14\n1..2\nok 1 - a\nnot ok 2 - b\n", 1, 1, 0, null)]
    [InlineData("1..3\nok 1\nnot ok 2\n", 1, 1, 0, "3 tests were planned and 2 reported.")]
    [InlineData("TAP version 13\nok 1\nok 2 # SKIP no reason\nnot ok 3 # todo later\n1..3\n", 1, 0, 2, null)]
    [InlineData("1..0 # SKIP nothing here\n", 0, 0, 0, null)]
    [InlineData("1..2\nok 1\nBail out! The database is gone\n", 1, 0, 0, "The tests were given up: The database is gone")]
    [InlineData("TAP version 14\nok 1 - a\n", 1, 0, 0, "The plan is missing, so tests may be missing too.")]
    [InlineData("1..1\n# Subtest: p\n    1..2\n    ok 1 - a\n    not ok 2 - b\nnot ok 1 - p\n", 1, 1, 0, null)]
    [InlineData("1..1\n# Subtest: p\n    ok 1 - a\n    1..1\nnot ok 1 - p # the hook failed\n", 1, 1, 0, null)]
    [InlineData("1..1\r\nok 1 - a \\# b\r\n", 1, 0, 0, null)]
    public void Tap_is_counted_by_its_leaves_and_held_to_its_plan(string text, int passed, int failed, int skipped, string? doubt)
    {
        var report = TapReport.Read(text)!;
        (report.Passed, report.Failed, report.Skipped, report.Doubt).ShouldBe((passed, failed, skipped, doubt));
    }

    [Fact]
    public void Tap_of_other_producers_tells_the_place_in_its_own_words()
    {
        var failure = TapReport.Read(
            """
            TAP version 14
            1..1
            not ok 1 - adds
              ---
              message: "Expected 4, got \"0\""
              severity: fail
              at:
                file: lib/t/add.t
                line: 12
              ...

            """)!.Failures.ShouldHaveSingleItem();
        failure.ShouldBe(new TestFailure("adds", "lib/t/add.t", 12, "Expected 4, got \"0\""));
    }

    [Fact]
    public void Unittest_tells_subtests_errors_skips_and_unexpected_successes()
    {
        var report = ReportReader.Read(RunnerOutputs.Unittest, ReportFormat.Unittest)!;
        (report.Passed, report.Failed, report.Skipped).ShouldBe((1, 6, 2));
        report.Failures.Select(failure => (failure.Name, failure.File, failure.Line)).ShouldBe(
        [
            ("test_broken (unittest.loader._FailedTest.test_broken)", "test_broken.py", 1),
            ("test_err (test_calc.Calc.test_err)", "test_calc.py", 9),
            ("test_sub (test_calc.Calc.test_sub)", "test_calc.py", 7),
            ("test_subs (test_calc.Calc.test_subs) (i=1)", "test_calc.py", 22),
            ("test_subs (test_calc.Calc.test_subs) (i=2)", "test_calc.py", 22),
            ("test_unexp (test_calc.Calc.test_unexp)", null, null),
        ]);
        report.Failures.Select(failure => failure.Message).Take(3).ShouldBe(
            ["ModuleNotFoundError: No module named 'nothing_here'", "ValueError: boom", "AssertionError: 0 != 1 : numbers\nare wrong"]);
        report.Doubt.ShouldBeNull();
    }

    [Theory]
    [InlineData("Ran 3 tests in 0.001s\n\nOK\n", 3, 0, 0)]
    [InlineData("Ran 3 tests in 0.001s\n\nOK (skipped=1)\n", 2, 0, 1)]
    [InlineData("Ran 0 tests in 0.000s\n\nNO TESTS RAN\n", 0, 0, 0)]
    public void Unittest_that_passes_is_counted_by_its_summary(string text, int passed, int failed, int skipped)
    {
        var report = TextReports.ReadUnittest(text)!;
        (report.Passed, report.Failed, report.Skipped).ShouldBe((passed, failed, skipped));
    }

    [Fact]
    public void Unittest_whose_output_was_cut_says_that_failures_are_missing() =>
        TextReports.ReadUnittest("Ran 3 tests in 0.001s\n\nFAILED (failures=2)\n")!.Doubt
            .ShouldBe("Of 2 failures, 0 are described in what was kept.");

    [Fact]
    public void Cargo_tells_counts_of_all_programs_and_why_each_test_failed()
    {
        var report = ReportReader.Read(
            RunnerOutputs.Cargo + "\ntest result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s\n",
            ReportFormat.Cargo)!;
        (report.Passed, report.Failed, report.Skipped, report.Doubt).ShouldBe((4, 2, 2, null));
        report.Failures[0].ShouldBe(new TestFailure("tests::errs", null, null, "Error: \"no\""));
        report.Failures[1].ShouldSatisfyAllConditions(
            failure => (failure.Name, failure.File, failure.Line).ShouldBe(("tests::subs", "src/lib.rs", 8)),
            failure => failure.Message.ShouldContain("numbers differ"),
            failure => failure.Message.ShouldNotContain("rust_begin_unwind"));
    }

    [Fact]
    public void Ctest_tells_what_failed_and_what_it_wrote()
    {
        var report = ReportReader.Read(RunnerOutputs.CTestXml, ReportFormat.JUnit)!;
        (report.Passed, report.Failed, report.Skipped).ShouldBe((1, 1, 2));
        report.Failures[0].ShouldBe(new TestFailure("bad", null, null, "it broke"));
    }

    [Fact]
    public void JUnit_of_pytest_tells_classes_errors_and_places()
    {
        const string text =
            """
            <?xml version="1.0" encoding="utf-8"?><testsuites name="pytest tests"><testsuite name="pytest" errors="1" failures="1" skipped="1" tests="4" time="0.05">
            <testcase classname="tests.test_p.TestThing" name="test_ok" time="0.001" />
            <testcase classname="tests.test_p" name="test_bad" time="0.001"><failure message="AssertionError: not two&#10;assert 1 == 2">def test_bad():
                    x = 1
            &gt;       assert x == 2, "not two"
            E       AssertionError: not two
            E       assert 1 == 2

            tests/test_p.py:5: AssertionError</failure></testcase>
            <testcase classname="tests.test_p" name="test_skip" time="0.000"><skipped type="pytest.skip" message="later">x</skipped></testcase>
            <testcase classname="tests.test_p" name="test_err" time="0.001"><error message="failed on setup with &quot;RuntimeError: fixture&quot;">
            tests/test_p.py:9: RuntimeError</error></testcase></testsuite></testsuites>
            """;
        var report = ReportReader.Read(text, ReportFormat.JUnit)!;
        (report.Passed, report.Failed, report.Skipped).ShouldBe((1, 2, 1));
        report.Failures.ShouldBe(
        [
            new TestFailure("tests.test_p > test_bad", "tests/test_p.py", 5, "AssertionError: not two\nassert 1 == 2"),
            new TestFailure("tests.test_p > test_err", "tests/test_p.py", 9, "failed on setup with \"RuntimeError: fixture\""),
        ]);
    }

    [Fact]
    public void Trx_of_several_projects_is_added_up()
    {
        const string text =
            """
            <?xml version="1.0" encoding="utf-8"?>
            <TestRun id="1" xmlns="http://microsoft.com/schemas/VisualStudio/TeamTest/2010">
              <Results>
                <UnitTestResult testName="Calc.Tests.Adds" outcome="Passed" />
                <UnitTestResult testName="Calc.Tests.Subtracts(a: 1)" outcome="Failed">
                  <Output><ErrorInfo>
                    <Message>Assert.Equal() Failure: Values differ</Message>
                    <StackTrace>   at System.Thing.Do() in /_/src/Thing.cs:line 9
               at Calc.Tests.Subtracts(Int32 a) in /workspace/tests/CalcTests.cs:line 12</StackTrace>
                  </ErrorInfo></Output>
                </UnitTestResult>
                <UnitTestResult testName="Calc.Tests.Later" outcome="NotExecuted" />
              </Results>
              <ResultSummary outcome="Failed"><Counters total="3" /></ResultSummary>
            </TestRun>
            <?xml version="1.0" encoding="utf-8"?>
            <TestRun id="2" xmlns="http://microsoft.com/schemas/VisualStudio/TeamTest/2010">
              <Results><UnitTestResult testName="Other.Works" outcome="Passed" /></Results>
              <ResultSummary outcome="Aborted" />
            </TestRun>

            """;
        var report = ReportReader.Read(text, ReportFormat.Trx)!;
        (report.Passed, report.Failed, report.Skipped).ShouldBe((2, 1, 1));
        report.Doubt.ShouldBe("The run was aborted, so tests are missing.");
        report.Failures[0].ShouldBe(new TestFailure(
            "Calc.Tests.Subtracts(a: 1)", "tests/CalcTests.cs", 12, "Assert.Equal() Failure: Values differ"));
    }

    [Fact]
    public void Go_tells_leaves_packages_that_do_not_compile_and_what_was_written()
    {
        const string text =
            """
            # example.com/m/broken
            broken/b.go:3:2: undefined: x
            {"Action":"start","Package":"example.com/m"}
            {"Action":"run","Package":"example.com/m","Test":"TestAdd"}
            {"Action":"output","Package":"example.com/m","Test":"TestAdd","Output":"=== RUN   TestAdd\n"}
            {"Action":"pass","Package":"example.com/m","Test":"TestAdd","Elapsed":0}
            {"Action":"run","Package":"example.com/m","Test":"TestSub"}
            {"Action":"run","Package":"example.com/m","Test":"TestSub/one"}
            {"Action":"output","Package":"example.com/m","Test":"TestSub/one","Output":"    m_test.go:14: got 0, want 1\n"}
            {"Action":"output","Package":"example.com/m","Test":"TestSub/one","Output":"    --- FAIL: TestSub/one (0.00s)\n"}
            {"Action":"fail","Package":"example.com/m","Test":"TestSub/one","Elapsed":0}
            {"Action":"fail","Package":"example.com/m","Test":"TestSub","Elapsed":0}
            {"Action":"skip","Package":"example.com/m","Test":"TestLater","Elapsed":0}
            {"Action":"run","Package":"example.com/m","Test":"TestHangs"}
            {"Action":"fail","Package":"example.com/m","Elapsed":0.1}
            {"Action":"output","Package":"example.com/m/broken","Output":"FAIL\texample.com/m/broken [build failed]\n"}
            {"Action":"fail","Package":"example.com/m/broken","Elapsed":0}

            """;
        var report = ReportReader.Read(text, ReportFormat.GoJson)!;
        (report.Passed, report.Failed, report.Skipped, report.Doubt).ShouldBe((1, 2, 1, "1 tests began and did not end."));
        report.Failures.ShouldBe(
        [
            new TestFailure("example.com/m > TestSub/one", "m_test.go", 14, "m_test.go:14: got 0, want 1"),
            new TestFailure("example.com/m/broken", null, null, "FAIL\texample.com/m/broken [build failed]"),
        ]);
        report.Output.ShouldStartWith("# example.com/m/broken\nbroken/b.go:3:2: undefined: x\n=== RUN   TestAdd\n");
    }

    [Fact]
    public void Jest_tells_tests_and_files_that_cannot_be_loaded()
    {
        const string text =
            """
            {"numTotalTests":3,"success":false,"testResults":[
              {"name":"/workspace/calc.test.js","status":"failed","message":"…","assertionResults":[
                {"fullName":"calc adds","status":"passed","failureMessages":[]},
                {"fullName":"calc subtracts","status":"failed","location":{"line":4,"column":3},"failureMessages":
                  ["Error: expect(received).toBe(expected)\n    at Object.toBe (/workspace/node_modules/expect/index.js:1:1)\n    at Object.<anonymous> (/workspace/calc.test.js:5:19)"]},
                {"fullName":"calc later","status":"pending","failureMessages":[]}]},
              {"name":"/workspace/broken.test.js","status":"failed","message":"SyntaxError: Unexpected token (2:3)","assertionResults":[]}]}
            """;
        var report = ReportReader.Read(text, ReportFormat.JestJson)!;
        (report.Passed, report.Failed, report.Skipped).ShouldBe((1, 2, 1));
        report.Failures.Select(failure => (failure.Name, failure.File, failure.Line)).ShouldBe(
            [("calc subtracts", "calc.test.js", 5), ("broken.test.js", "broken.test.js", null)]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("hello\nok then\nRan out of memory\n{not json\n")]
    [InlineData("<html><body>ok 1</body></html>")]
    [InlineData("<testsuite><testcase name='a'/>")]
    [InlineData("<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><testsuite><testcase name='&x;'/></testsuite>")]
    [InlineData("{\"testResults\":1}")]
    [InlineData("[1,2]")]
    [InlineData("Ran 3 tests in 0.001s\n")]
    public void What_is_no_report_gives_no_counts(string text)
    {
        foreach (var format in Enum.GetValues<ReportFormat>()) ReportReader.Read(text, format).ShouldBeNull(format.ToString());
        ReportReader.Read(text, null).ShouldBeNull();
    }

    [Fact]
    public void The_format_is_found_out_where_it_is_not_given()
    {
        ReportReader.Read(RunnerOutputs.NodeTap, null)!.Format.ShouldBe(ReportFormat.Tap);
        ReportReader.Read(RunnerOutputs.Unittest, null)!.Format.ShouldBe(ReportFormat.Unittest);
        ReportReader.Read(RunnerOutputs.Cargo, null)!.Format.ShouldBe(ReportFormat.Cargo);
        ReportReader.Read(RunnerOutputs.CTestXml, null)!.Format.ShouldBe(ReportFormat.JUnit);
    }

    [Fact]
    public void No_text_breaks_a_reader()
    {
        var pieces = Gen.Int[0, 11].Select(i => new[]
        {
            "ok 1 - a\n", "not ok", "  ---\n  error: |-\n", "    1..2\n", "<testsuite>", "</testsuite>", "<testcase name='a'><failure/>",
            "{\"Action\":\"fail\",\"Package\":\"p\",\"Test\":\"t/u\"}\n", "{\"testResults\":[{\"assertionResults\":[1,null,{\"status\":3}]}]}",
            "Ran 9 tests in \nFAILED (failures=1)\n", "---- x stdout ----\n", "test result: ok. 1 passed; 2 failed; 3 ignored;\n",
        }[i]);
        pieces.Array[0, 12].Sample(
            parts => Enum.GetValues<ReportFormat>().All(format =>
                ReportReader.Read(string.Concat(parts), format) is null or { Passed: >= 0, Failed: >= 0, Skipped: >= 0 }),
            iter: 3_000);
    }

    [Theory]
    [InlineData("at f (file:///workspace/src/a.mjs:3:5)", "src/a.mjs", 3)]
    [InlineData("  at x (/workspace/node_modules/p/i.js:1:1)\n  at y (/workspace/b.ts:7:2)", "b.ts", 7)]
    [InlineData("thread 'x' panicked at src/lib.rs:8:9:", "src/lib.rs", 8)]
    [InlineData("/workspace/t/calc_test.c:41: assertion failed", "t/calc_test.c", 41)]
    [InlineData("at z (node:internal/a.js:1:1)", null, null)]
    [InlineData("at 10:30:15 nothing happened", null, null)]
    public void The_place_of_a_failure_is_the_workspaces_own(string text, string? file, int? line)
    {
        var place = PlaceInText.Find(text);
        (place?.File, place?.Line).ShouldBe((file, line));
    }
}
