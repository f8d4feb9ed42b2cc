using System.Collections.Immutable;
using CodexOS.Platform.Faults;
using YamlDotNet.Core;
using YamlDotNet.Serialization;
using YamlDotNet.Serialization.NamingConventions;

namespace CodexOS.Inference.Scripted;

/// <summary>Reads a script and refuses one that cannot work, with the place and the reason.</summary>
internal static class ScriptReader
{
    public const int LengthMax = 256 * 1024;
    private const int TurnsMax = 500;

    public static Result<Script> Read(string name, string yaml)
    {
        if (yaml.Length > LengthMax)
        {
            return Bad(name, $"it is longer than {LengthMax} characters");
        }

        Script? script;
        try
        {
            script = new DeserializerBuilder()
                .WithNamingConvention(CamelCaseNamingConvention.Instance)
                .WithAttemptingUnquotedStringTypeDeserialization()
                .WithDuplicateKeyChecking()
                .Build()
                .Deserialize<Script?>(yaml);
        }
        catch (YamlException malformed)
        {
            var reason = (malformed.InnerException ?? malformed).Message;
            return Bad(name, $"line {malformed.Start.Line}, column {malformed.Start.Column}: {reason}")
                .With("line", malformed.Start.Line)
                .With("column", malformed.Start.Column);
        }
        catch (Exception error) when (error is InvalidOperationException or ArgumentException or IndexOutOfRangeException)
        {
            // The parser meets some malformed texts with exceptions of its own insides, which know no place.
            return Bad(name, "it is not YAML that can be read; look for an unclosed bracket or quote");
        }

        return Problem(script) is { } problem ? Bad(name, problem) : script!;
    }

    private static string? Problem(Script? script)
    {
        if (script is null || script.Turns.Count == 0)
        {
            return "it has no turns";
        }

        if (script.Turns.Count > TurnsMax)
        {
            return $"it has more than {TurnsMax} turns";
        }

        return script.Turns
            .Select((turn, index) => Problem(turn) is { } problem ? $"turn {index + 1} {problem}" : null)
            .FirstOrDefault(problem => problem is not null);
    }

    private static string? Problem(ScriptTurn turn)
    {
        if (turn.Reply.Length == 0 && turn.Call.Count == 0)
        {
            return "has neither a reply nor a call";
        }

        if (turn.Call.Exists(call => call.Tool.Length == 0))
        {
            return "calls a tool without naming it";
        }

        var captures = ImmutableHashSet<string>.Empty;
        foreach (var pattern in new[] { turn.When.Matches, turn.When.TaskMatches }.OfType<string>())
        {
            try
            {
                captures = captures.Union(ScriptMatcher.Compile(pattern).GetGroupNames());
            }
            catch (ArgumentException malformed)
            {
                return $"has a regular expression that cannot be read: {malformed.Message}";
            }
        }

        var unknown = Texts(turn)
            .Select(text => ScriptTemplate.FindUnknown(text, captures))
            .FirstOrDefault(name => name is not null);
        return unknown is not null
            ? $"uses {{{{ {unknown} }}}}, which is neither task, turn, last.text, last.exitCode nor match.<name> of a "
                + "group in its conditions"
            : null;
    }

    private static IEnumerable<string> Texts(ScriptTurn turn) =>
        turn.Call.SelectMany(call => call.Arguments.Values).SelectMany(Texts).Prepend(turn.Reply);

    private static IEnumerable<string> Texts(object? value) => value switch
    {
        string text => [text],
        IDictionary<object, object?> map => map.Values.SelectMany(Texts),
        IEnumerable<object?> list => list.SelectMany(Texts),
        _ => [],
    };

    private static Fault Bad(string name, string problem) => new(
        "inference.bad_script",
        FaultKind.Invalid,
        $"The script '{name}' cannot be used: {problem}. The format is described in docs/how-to/scripted-model.md.");
}
