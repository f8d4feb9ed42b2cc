using System.Diagnostics;
using CodexOS.Tools.Contracts;
using Shouldly;
using Xunit;
using static CodexOS.Tests.Tools.GateCase;

namespace CodexOS.Tests.Tools;

/// <summary>Measures alone: no other test of the assembly runs beside it.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;

[Collection(nameof(Alone))]
public sealed class ToolGateSpeedTests
{
    private const int CallsPerRound = 200;

    [Fact]
    public void The_gate_decides_in_a_tenth_of_a_millisecond()
    {
        var call = Call(
            "read_file", """{ "path": "src/a.js", "startLine": 3 }""", GrantOf(Workspace, Grant("read_file"), Grant("add")));
        for (var i = 0; i < 5_000; i++) Gate.Judge(call);

        // The best of many short rounds: other processes share this machine, and the bar is the gate's.
        var best = Enumerable.Range(0, 100).Min(_ => Percentile99(() => Gate.Judge(call)));

        best.ShouldBeLessThan(0.1);
    }

    [Fact]
    public void The_gate_decides_in_a_tenth_of_a_millisecond_also_where_much_was_read()
    {
        var words = string.Join(' ', Enumerable.Range(0, 8_000).Select(static i => $"word{i}"));
        var context = CallContext.Empty.Read(new LabelledValue("the task", $"Pay 50 to DE11. {words[..20_000]}", FlowCase.User));
        for (var i = 0; i < 8; i++) context = context.Read(new LabelledValue($"step {i}", words, FlowCase.Mail));
        var call = FlowCase.Call("send_mail", """{ "to": ["eve@y.example"], "body": "The sum is 50, and more than that." }""", context);
        for (var i = 0; i < 2_000; i++) FlowCase.Parts.Gate.Judge(call);

        var best = Enumerable.Range(0, 50).Min(_ => Percentile99(() => FlowCase.Parts.Gate.Judge(call)));

        best.ShouldBeLessThan(0.1);
    }

    private static double Percentile99(Action act)
    {
        var took = new double[CallsPerRound];
        for (var i = 0; i < took.Length; i++)
        {
            var began = Stopwatch.GetTimestamp();
            act();
            took[i] = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
        }

        Array.Sort(took);
        return took[took.Length * 99 / 100];
    }
}
