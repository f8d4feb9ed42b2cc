using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;

namespace CodexOS.Agents.Definitions;

/// <summary>The members of one map, checked against the fields that it may have.</summary>
internal sealed class FieldSet
{
    private readonly Dictionary<string, YamlPiece> _given = new(StringComparer.Ordinal);
    private readonly string _prefix;
    private readonly IReadOnlyList<Field> _fields;
    private readonly DefinitionErrors _errors;

    /// <param name="map">The map.</param>
    /// <param name="prefix">What stands before its fields' names in paths, for instance <c>limits.</c>.</param>
    /// <param name="fields">What it may have.</param>
    /// <param name="errors">Where to say what is wrong.</param>
    public FieldSet(YamlPiece.Map map, string prefix, IReadOnlyList<Field> fields, DefinitionErrors errors)
    {
        (_prefix, _fields, _errors) = (prefix, fields, errors);
        foreach (var (name, value) in map.Members)
        {
            if (fields.Any(field => field.Name == name.Text))
            {
                _given[name.Text] = value;
                continue;
            }

            var shown = name.Text.Length > 60 ? $"{name.Text[..60]}…" : name.Text;
            var question = Nearest.Question(name.Text, fields.Select(static field => field.Name));
            errors.Add(prefix + shown, name, $"There is no field '{shown}'.{question}");
        }

        foreach (var field in fields)
        {
            if (field.Required && !_given.ContainsKey(field.Name))
                errors.Add(prefix + field.Name, map, $"The field '{field.Name}' is missing. {field.Description}");
        }
    }

    /// <summary>What was given for a field, or null.</summary>
    public YamlPiece? Piece(string name) => _given.GetValueOrDefault(name);

    /// <summary>A text, or nothing where it is missing or wrong.</summary>
    public string Text(string name) => TextOr(name, "");

    /// <summary>A text, or another where it is missing.</summary>
    public string TextOr(string name, string missing)
    {
        if (Piece(name) is not { } piece) return missing;
        var field = FieldOf(name);
        if (piece is not YamlPiece.Scalar { Text: var text })
        {
            Wrong(field, piece, "A text is expected.");
            return missing;
        }

        if (WhatIsWrong(field, text) is { } wrong) Wrong(field, piece, wrong);
        return text;
    }

    /// <summary>A whole number within the field's bounds, or null.</summary>
    public long? WholeNumber(string name)
    {
        if (Piece(name) is not { } piece) return null;
        var field = FieldOf(name);
        if (piece is YamlPiece.Scalar scalar
            && long.TryParse(scalar.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value)
            && value >= field.Minimum && value <= field.Maximum)
        {
            return value;
        }

        Wrong(field, piece, $"A whole number from {field.Minimum:0} to {field.Maximum:0} is expected.");
        return null;
    }

    /// <summary>A number within the field's bounds, or null.</summary>
    public decimal? Number(string name)
    {
        if (Piece(name) is not { } piece) return null;
        var field = FieldOf(name);
        const NumberStyles Style = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint;
        if (piece is YamlPiece.Scalar scalar
            && decimal.TryParse(scalar.Text, Style, CultureInfo.InvariantCulture, out var value)
            && value >= field.Minimum && value <= field.Maximum)
        {
            return value;
        }

        Wrong(field, piece, $"A number from {field.Minimum:0.##} to {field.Maximum:0.##} is expected.");
        return null;
    }

    /// <summary>A length of time in seconds within the field's bounds, or null.</summary>
    public long? Seconds(string name)
    {
        if (Piece(name) is not { } piece) return null;
        var field = FieldOf(name);
        if (piece is YamlPiece.Scalar scalar && Duration.ReadSeconds(scalar.Text) is { } seconds
            && seconds >= field.Minimum && seconds <= field.Maximum)
        {
            return seconds;
        }

        Wrong(field, piece, $"A time such as 90s, 30m, 2h or 7d is expected, at most {field.Maximum / 86_400:0} days.");
        return null;
    }

    /// <summary>Yes or no, or null.</summary>
    public bool? Flag(string name)
    {
        if (Piece(name) is not { } piece) return null;
        if (piece is YamlPiece.Scalar { Plain: true, Text: "true" or "false" } scalar) return scalar.Text == "true";
        Wrong(FieldOf(name), piece, "true or false is expected.");
        return null;
    }

    /// <summary>A list of texts, each checked as a text of the field is; empty where it is missing or wrong.</summary>
    public ImmutableArray<string> Texts(string name)
    {
        if (Piece(name) is not { } piece) return [];
        var field = FieldOf(name);
        if (piece is not YamlPiece.List list || list.Items.Count > field.CountMax)
        {
            Wrong(field, piece, $"A list of at most {field.CountMax} texts is expected.");
            return [];
        }

        var texts = ImmutableArray.CreateBuilder<string>(list.Items.Count);
        foreach (var item in list.Items)
        {
            if (item is not YamlPiece.Scalar { Text: var text }) Wrong(field, item, "A text is expected.");
            else if (WhatIsWrong(field with { Required = true }, text) is { } wrong) Wrong(field, item, wrong);
            else texts.Add(text);
        }

        return texts.ToImmutable();
    }

    private static string? WhatIsWrong(Field field, string text)
    {
        if (field.Required && string.IsNullOrWhiteSpace(text)) return "It must not be empty.";
        if (text.Length > field.LengthMax) return $"It may have at most {field.LengthMax} characters.";
        if (text.Any(IsUnwanted)) return "It holds a control character.";
        if (field.OneOf is { } choices && !choices.Contains(text))
            return $"It must be {string.Join(" or ", choices)}.{Nearest.Question(text, choices)}";
        return field.Pattern is { } pattern && !Matches(pattern, text) ? $"It must {field.PatternWords}." : null;
    }

    private void Wrong(Field field, YamlPiece at, string message) => _errors.Add(_prefix + field.Name, at, message);

    private Field FieldOf(string name) => _fields.First(field => field.Name == name);

    private static bool IsUnwanted(char character) =>
        char.IsControl(character) && character is not ('\n' or '\r' or '\t');

    private static bool Matches(string pattern, string text) =>
        Regex.IsMatch(text, pattern, RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1)) && !text.EndsWith('\n');
}
