using System.Text;
using System.Text.Json;
using CsCheck;

namespace CodexOS.Tests.Tools;

/// <summary>Makes JSON values of all kinds, valid but not tame: duplicates, odd numbers, odd strings.</summary>
internal static class JsonGen
{
    private static readonly Gen<string> s_names =
        Pick.OneOf("a", "b", "tool", "arguments", "tools", "name", "é", "\\u0000");

    private static readonly Gen<string> s_leaves = Gen.OneOf(
        Pick.OneOf(
            "null", "true", "false", "0", "-0", "1.5", "1e30", "1e999", "9007199254740993", "\"\\ud800\"", "\"\""),
        Gen.Double.Where(double.IsFinite).Select(static number => JsonSerializer.Serialize(number)),
        Gen.String[0, 8].Select(static text => JsonSerializer.Serialize(text)));

    /// <summary>Any value, up to three levels deep.</summary>
    public static Gen<JsonElement> Any { get; } = Level(3).Select(static text => JsonElement.Parse(text));

    private static Gen<string> Level(int depth) => depth == 0
        ? s_leaves
        : Gen.OneOf(
            s_leaves,
            Level(depth - 1).Array[0, 4].Select(static items => $"[{string.Join(',', items)}]"),
            Gen.Select(s_names, Level(depth - 1)).Array[0, 4].Select(static members => new StringBuilder("{")
                .AppendJoin(',', members.Select(static member => $"\"{member.Item1}\":{member.Item2}"))
                .Append('}')
                .ToString()));
}
