using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace CodexOS.Agents.Definitions;

/// <summary>Pieces of YAML as JSON.</summary>
internal static partial class YamlValues
{
    /// <summary>
    /// A value as JSON; plain words become numbers, true, false and null as the YAML core schema says.
    /// </summary>
    public static JsonNode? ValueOf(YamlPiece piece) => piece switch
    {
        YamlPiece.Scalar { Plain: true, Text: "true" or "True" or "TRUE" } => true,
        YamlPiece.Scalar { Plain: true, Text: "false" or "False" or "FALSE" } => false,
        YamlPiece.Scalar { Plain: true, Text: "null" or "Null" or "NULL" or "~" or "" } => null,
        YamlPiece.Scalar { Plain: true } plain when Number().IsMatch(plain.Text)
            && decimal.TryParse(plain.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) => number,
        YamlPiece.Scalar scalar => scalar.Text,
        YamlPiece.List list => new JsonArray([.. list.Items.Select(ValueOf)]),
        YamlPiece.Map map => new JsonObject(
            map.Members.Select(static it => KeyValuePair.Create(it.Name.Text, ValueOf(it.Value)))),
        _ => throw new UnreachableException("YAML has three kinds of pieces."),
    };

    [GeneratedRegex("^-?[0-9]+([.][0-9]+)?([eE][-+]?[0-9]+)?$", RegexOptions.ExplicitCapture, 1_000)]
    private static partial Regex Number();
}
