using System.Collections.Immutable;
using CodexOS.Platform.Faults;
using CodexOS.Tools.Contracts;

namespace CodexOS.Agents.Program;

/// <summary>
/// What a run did last, to notice that it goes in circles: the same call four times in a row, the same error three
/// times in a row, or two calls in alternation six times. Such a run ends with a clear fault, not with a bill.
/// </summary>
internal sealed record RecentActions
{
    private const int SameCallMax = 4;
    private const int SameErrorMax = 3;
    private const int AlternationMax = 6;

    public static RecentActions None { get; } = new();

    /// <summary>How many calls failed since the last that did not.</summary>
    public int ErrorsInARow { get; private init; }

    /// <summary>The step that failed last.</summary>
    public string LastError { get; private init; } = "";

    private ImmutableArray<Action> Calls { get; init; } = [];

    private ImmutableArray<Action> Errors { get; init; } = [];

    /// <summary>Remembers that a call was asked for.</summary>
    public RecentActions Asked(AskedCall call)
    {
        var arguments = CanonicalJson.Hash(CanonicalJson.Write(call.Arguments).Value);
        return this with { Calls = Append(Calls, new(call.Tool, call.Step, $"{call.Tool} {arguments}")) };
    }

    /// <summary>Remembers what a call gave.</summary>
    public RecentActions CameBack(AskedCall call, CallOutcome outcome) => outcome.IsError
        ? this with
        {
            ErrorsInARow = ErrorsInARow + 1,
            LastError = call.Step,
            Errors = Append(Errors, new(call.Tool, call.Step, $"{call.Tool} {CanonicalJson.Hash(outcome.Text)}")),
        }
        : this with { ErrorsInARow = 0, Errors = [] };

    /// <summary>The fault that names the circle, if there is one.</summary>
    public Fault? Circle()
    {
        if (EndsInSame(Calls, SameCallMax) is { } call)
            return Fault(
                $"called {call.Tool} with the same arguments {SameCallMax} times in a row", Calls[^SameCallMax..]);
        if (EndsInSame(Errors, SameErrorMax) is { } error)
            return Fault($"met the same error of {error.Tool} {SameErrorMax} times in a row", Errors[^SameErrorMax..]);
        return Alternates()
            ? Fault($"went back and forth between {Calls[^2].Tool} and {Calls[^1].Tool} with the same arguments",
                Calls[^AlternationMax..])
            : null;
    }

    private bool Alternates()
    {
        if (Calls.Length < AlternationMax || Calls[^1].Signature == Calls[^2].Signature) return false;
        for (var i = 3; i <= AlternationMax; i++)
        {
            if (Calls[^i].Signature != Calls[^(i - 2)].Signature) return false;
        }

        return true;
    }

    private static Action? EndsInSame(ImmutableArray<Action> actions, int count) =>
        actions.Length >= count && actions[^count..].All(action => action.Signature == actions[^1].Signature)
            ? actions[^1]
            : null;

    private static ImmutableArray<Action> Append(ImmutableArray<Action> actions, Action action) =>
        actions.Length < AlternationMax ? actions.Add(action) : actions.RemoveAt(0).Add(action);

    private static Fault Fault(string what, ImmutableArray<Action> actions) => new(
        "agents.loop_detected",
        FaultKind.LimitReached,
        $"The agent {what} (steps {string.Join(", ", actions.Select(static action => action.Step))}) and was stopped. "
        + "Say in the task or the instructions what to do instead.");

    private sealed record Action(string Tool, string Step, string Signature);
}
