using System.Text.RegularExpressions;

namespace CodexOS.Inference.Scripted;

/// <summary>Finds the first turn of a script that fits a situation.</summary>
internal static class ScriptMatcher
{
    /// <summary>How conditions are read: lines count for ^ and $, and nothing may take long.</summary>
    public static Regex Compile(string pattern) => new(
        pattern,
        RegexOptions.CultureInvariant | RegexOptions.Multiline | RegexOptions.ExplicitCapture,
        TimeSpan.FromMilliseconds(250));

    /// <summary>The first turn that fits, with the named groups of its expressions; null if none does.</summary>
    public static (ScriptTurn Turn, IReadOnlyDictionary<string, string> Captures)? Find(
        Script script, Situation situation)
    {
        foreach (var turn in script.Turns)
        {
            var captures = new Dictionary<string, string>(StringComparer.Ordinal);
            if (Fits(turn.When, situation, captures))
            {
                return (turn, captures);
            }
        }

        return null;
    }

    private static bool Fits(ScriptCondition when, Situation now, Dictionary<string, string> captures) =>
        (when.Turn is null || when.Turn == now.Turn)
        && (when.Tool is null || when.Tool == (now.Tool ?? "none"))
        && (when.IsError is null || when.IsError == now.IsError)
        && (when.ExitCode is null || when.ExitCode == now.ExitCode)
        && (when.ExitCodeNot is null || (now.ExitCode is not null && when.ExitCodeNot != now.ExitCode))
        && (when.Contains is null || now.Text.Contains(when.Contains, StringComparison.Ordinal))
        && (when.TaskContains is null || now.Task.Contains(when.TaskContains, StringComparison.OrdinalIgnoreCase))
        && when.Called.TrueForAll(now.Called.Contains)
        && !when.NotCalled.Exists(now.Called.Contains)
        && Matches(when.Matches, now.Text, captures)
        && Matches(when.TaskMatches, now.Task, captures);

    private static bool Matches(string? pattern, string text, Dictionary<string, string> captures)
    {
        if (pattern is null)
        {
            return true;
        }

        var match = Compile(pattern).Match(text);
        foreach (var group in match.Groups.Values.Where(group => group.Success && group.Name != "0"))
        {
            captures[group.Name] = group.Value;
        }

        return match.Success;
    }
}
