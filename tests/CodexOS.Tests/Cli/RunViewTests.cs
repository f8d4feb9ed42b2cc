using System.Text.Json;
using CodexOS.Cli.Runs;
using CodexOS.Cli.Screens;
using CodexOS.Client.Contracts;
using Microsoft.Extensions.Time.Testing;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Cli;

public sealed class RunViewTests : IDisposable
{
    private static readonly DateTimeOffset s_start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly StringWriter _out = new() { NewLine = "\n" };
    private readonly FakeTimeProvider _clock = new(s_start);
    private long _seq;

    public void Dispose() => _out.Dispose();

    [Fact]
    public void A_finished_tool_call_is_one_line_with_its_output_below()
    {
        var view = View();
        Tool(view, "t1", "shell", """{"command":"node --test"}""",
            """{"text":"","isError":false,"data":{"exitCode":1,"stdout":"\u001b[31mnot ok\u001b[0m\n","stderr":""}}""");

        Lines().ShouldBe(["! shell          1.3 s  node --test  exit 1", "    not ok"]);
    }

    [Theory]
    [InlineData("run.paused", """{"by":"Ada","reason":"lunch"}""", "‖ paused by Ada: lunch")]
    [InlineData("run.resumed", """{"by":"Ada"}""", "✓ Ada let it go on")]
    [InlineData("run.steered", """{"by":"Ada","message":"use\nspaces"}""", "» Ada: use spaces")]
    [InlineData("signal.received", """{"by":"Ada","signal":"go"}""", "» Ada sent the signal go")]
    [InlineData("signal.awaited", """{"signal":"go","dueAt":null}""", "… waits for the signal go")]
    [InlineData("step.parked", """{"step":"c1","child":"run_2"}""", "… c1 waits for run_2")]
    [InlineData("run.rolled_back", """{"toSeq":4,"by":"Ada"}""", "↶ rolled back: it is as it was after event 4")]
    [InlineData("run.retried", """{"by":"Ada","note":null}""", "↻ Ada tries it again")]
    [InlineData("run.forked", """{"by":"Ada","from":"run_1","seq":7}""", "⑂ forked by Ada from run_1 after event 7")]
    [InlineData("run.upgraded", """{"fromVersion":1,"toVersion":2}""", "↑ goes on with version 2 instead of 1")]
    public void What_people_do_to_a_run_is_a_line_of_its_own(string kind, string data, string line)
    {
        View().Show(new JournalUpdate(new RunEvent(0, kind, s_start, JsonDocument.Parse(data).RootElement)));

        Lines().ShouldBe([line]);
    }

    [Fact]
    public void Long_output_is_cut_in_the_middle_unless_all_is_wanted()
    {
        var output = string.Join("\\n", Enumerable.Range(1, 50));
        var result = $$$"""{"text":"","isError":false,"data":{"exitCode":0,"stdout":"{{{output}}}","stderr":""}}""";

        Tool(View(), "t1", "shell", """{"command":"seq 50"}""", result);
        Lines().ShouldContain("    … 36 more lines (--full)");
        Lines().Length.ShouldBe(16);

        Tool(View(isFull: true), "t2", "shell", """{"command":"seq 50"}""", result);
        Lines().Length.ShouldBe(16 + 51);
    }

    [Fact]
    public void An_edit_shows_its_diff()
    {
        Tool(View(), "t1", "edit_file", """{"path":"src/calc.js"}""",
            """{"isError":false,"data":{"path":"src/calc.js","diff":"--- a\n+++ b\n@@ -1 +1 @@\n-old\n+new\n"}}""");

        Lines()[0].ShouldBe("✓ edit_file      1.3 s  src/calc.js  +1 −1");
        Lines().ShouldContain("    +new");
    }

    [Fact]
    public void Model_text_is_shown_once_whether_it_streamed_or_not()
    {
        var view = View(isTerminal: true);
        Started(view, "m1", "model.chat", """{"provider":"scripted","model":"demo"}""");
        view.Show(new DeltaUpdate("m1", "I will ", 0));
        view.Show(new DeltaUpdate("m1", "look.\nFirst", 7));
        Completed(view, "m1", """{"text":"I will look.\nFirst things.","toolCalls":[{"tool":"list_files"}]}""");
        Started(view, "m2", "model.chat", """{"provider":"scripted","model":"demo"}""");
        Completed(view, "m2", """{"text":"Done.","toolCalls":[],"finishReason":"stop"}""");

        Lines().ShouldBe(
        [
            "  I will look.",
            "  First things.",
            "✓ model          1.3 s  → list_files",
            "  Done.",
            "✓ model          1.3 s  stop",
        ]);
    }

    [Fact]
    public void Model_text_that_began_anew_after_a_restart_is_shown_whole()
    {
        var view = View(isTerminal: true);
        Started(view, "m1", "model.chat", "{}");
        view.Show(new DeltaUpdate("m1", "Something els", 0));
        Event(view, RunEventKinds.Claimed, """{"owner":"b","epoch":2}""");
        Completed(view, "m1", """{"text":"The answer.","toolCalls":[]}""");

        Lines().ShouldBe(
        [
            "  Something els",
            "↻ the server restarted; the run goes on, finished steps are not repeated",
            "  The answer.",
            "✓ model          1.3 s",
        ]);
    }

    [Fact]
    public void Model_text_that_comes_again_after_a_lost_connection_is_shown_once()
    {
        var view = View(isTerminal: true);
        Started(view, "m1", "model.chat", "{}");
        view.Show(new DeltaUpdate("m1", "Half of ", 0));
        view.Show(new DeltaUpdate("m1", "Half of it", 0));
        view.Show(new DeltaUpdate("m1", ", all of it.", 10));
        Completed(view, "m1", """{"text":"Half of it, all of it.","toolCalls":[]}""");

        Lines().ShouldBe(["  Half of it, all of it.", "✓ model          1.3 s"]);
    }

    [Fact]
    public void What_is_not_a_terminal_gets_whole_texts_once()
    {
        var view = View();
        Started(view, "m1", "model.chat", "{}");
        view.Show(new DeltaUpdate("m1", "a piece that came late", 0));
        Completed(view, "m1", """{"text":"All of it.","toolCalls":[],"finishReason":"stop"}""");
        Event(view, RunEventKinds.Completed, """{"output":"All of it."}""");

        Lines().ShouldBe(["  All of it.", "✓ model          1.3 s  stop"]);
    }

    [Fact]
    public void Output_of_a_tool_is_shown_when_it_has_ended_and_until_then_its_newest_line()
    {
        var view = View(isTerminal: true);
        Started(view, "t1", "tool.call", """{"tool":"shell","arguments":{"command":"make\nmake install"}}""");
        view.Show(new DeltaUpdate("t1", "compiling a.c\ncompiling \u001b[1mb.c\n", 0));

        _out.ToString().ShouldEndWith("… shell make …  0 s  compiling b.c");
        Completed(view, "t1", """{"isError":false,"data":{"exitCode":0,"stdout":"compiling a.c"}}""");
        Shown().ShouldEndWith("✓ shell          1.3 s  make …  exit 0\n    compiling a.c\n");
    }

    [Fact]
    public void A_run_that_another_process_takes_over_while_it_waits_has_not_been_interrupted()
    {
        Event(View(), RunEventKinds.Claimed, """{"owner":"b","epoch":2}""");

        _out.ToString().ShouldBeEmpty();
    }

    [Fact]
    public void A_terminal_shows_what_is_being_done_and_wipes_it_away()
    {
        var view = View(isTerminal: true);
        Started(view, "t1", "tool.call", """{"tool":"shell","arguments":{"command":"sleep 9"}}""");
        _clock.Advance(TimeSpan.FromSeconds(3));
        view.ShowStatus();

        _out.ToString().ShouldContain("… shell sleep 9  3 s");
        Completed(view, "t1", """{"text":"","isError":false,"data":{"exitCode":0}}""");
        _out.ToString().ShouldEndWith("✓ shell          1.3 s  sleep 9  exit 0\n");
    }

    [Fact]
    public void A_failed_step_says_why_and_a_step_in_doubt_says_what_to_do()
    {
        var view = View();
        Started(view, "t1", "tool.call", """{"tool":"shell","arguments":{"command":"x"}}""");
        Event(view, RunEventKinds.StepFailed,
            """{"step":"t1","fault":{"code":"tools.denied","kind":"notAllowed","message":"No."},"durationMs":5}""");
        Event(view, RunEventKinds.StepInDoubt, """{"step":"t2","occurrence":1,"reason":"the server was killed"}""");

        Lines()[..3].ShouldBe(
        [
            "✗ shell           5 ms  x",
            "    No. (tools.denied)",
            "? nobody knows whether step t2 took place: the server was killed",
        ]);
        Lines()[3].ShouldContain("codexos resolve RUN STEP --retry");
    }

    [Fact]
    public void Events_of_a_newer_server_are_passed_over()
    {
        Event(View(), "run.teleported", """{"to":"mars"}""");

        _out.ToString().ShouldBeEmpty();
    }

    private string[] Lines() => [.. Shown().TrimEnd('\n').Split('\n').Select(line => line.TrimEnd())];

    // What is on the screen in the end: status lines have been overwritten with blanks.
    private string Shown() => PlainText.Of(_out.ToString());

    private RunView View(bool isFull = false, bool isTerminal = false) =>
        new(new Screen(_out, isColourful: false, isTerminal, () => 100), _clock, isFull);

    private void Tool(RunView view, string step, string tool, string arguments, string output)
    {
        Started(view, step, "tool.call", $$"""{"tool":"{{tool}}","callId":"c","arguments":{{arguments}}}""");
        Completed(view, step, output);
    }

    private void Started(RunView view, string step, string effect, string input) => Event(
        view, RunEventKinds.StepStarted, $$"""{"step":"{{step}}","effect":"{{effect}}","input":{{input}}}""");

    private void Completed(RunView view, string step, string output) => Event(
        view, RunEventKinds.StepCompleted, $$"""{"step":"{{step}}","output":{{output}},"durationMs":1300}""");

    private void Event(RunView view, string kind, string data) => view.Show(new JournalUpdate(
        new RunEvent(_seq++, kind, s_start, JsonDocument.Parse(data).RootElement)));
}
