using System.Collections.Immutable;
using System.Text.Json;
using CodexOS.Platform.Faults;
using CodexOS.Runs.Contracts;
using CodexOS.Tools.Connections;
using static CodexOS.Tools.Connections.JsonReading;

namespace CodexOS.Tools.Mcp;

/// <summary>
/// The form that a server wants filled in: a flat object of texts, numbers, yes or no, and choices. Whatever else its schema
/// says makes it none that a person can be asked with; nothing of it is left out unsaid.
/// </summary>
internal static class McpForm
{
    private const int FieldsMax = 20;
    private const int ChoicesMax = 100;
    private const int NameLengthMax = 64;
    private const int WordsLengthMax = 500;

    private static readonly ImmutableHashSet<string> s_schema =
        ["type", "properties", "required", "$schema", "title", "description", "additionalProperties"];

    private static readonly ImmutableHashSet<string> s_text =
        ["type", "title", "description", "default", "minLength", "maxLength", "format", "enum", "enumNames", "oneOf"];

    private static readonly ImmutableHashSet<string> s_number = ["type", "title", "description", "default", "minimum", "maximum"];

    private static readonly ImmutableHashSet<string> s_boolean = ["type", "title", "description", "default"];

    private static readonly ImmutableHashSet<string> s_list =
        ["type", "title", "description", "default", "minItems", "maxItems", "items"];

    private static readonly ImmutableHashSet<string> s_items = ["type", "enum", "anyOf"];

    private static readonly ImmutableArray<string> s_limits = ["minLength", "maxLength", "minItems", "maxItems", "minimum", "maximum"];

    /// <summary>The fields of a form. A fault says in words what cannot be asked.</summary>
    public static Result<ImmutableArray<FormField>> Read(JsonElement? requested)
    {
        if (requested is not { ValueKind: JsonValueKind.Object } schema || TextOf(schema, "type") != "object"
            || ObjectOf(schema, "properties") is not { } properties)
        {
            return Bad("it is not the schema of an object");
        }

        if (StrangerOf(schema, s_schema) is { } stranger) return Bad($"it uses '{stranger}'");
        var required = new HashSet<string>(StringComparer.Ordinal);
        if (schema.TryGetProperty("required", out _))
        {
            if (TextsOf(schema, "required") is not { } names) return Bad("'required' is not a list of names");
            required.UnionWith(names);
        }

        var fields = ImmutableArray.CreateBuilder<FormField>();
        foreach (var property in properties.EnumerateObject())
        {
            if (fields.Count == FieldsMax) return Bad($"it has more than {FieldsMax} fields");
            if (property.Name.Length is 0 or > NameLengthMax || !PlainText.IsPlain(property.Name)
                || fields.Any(field => field.Name == property.Name))
            {
                return Bad("a field has a name that cannot be shown, or the name of another");
            }

            if (!FieldOf(property.Name, property.Value, required.Remove(property.Name)).TryGet(out var field, out var fault))
                return fault;
            fields.Add(field);
        }

        return required.Count == 0 ? fields.ToImmutable() : Bad("it requires a field that it does not have");
    }

    private static Result<FormField> FieldOf(string name, JsonElement schema, bool isRequired)
    {
        var type = TextOf(schema, "type");
        var isChosen = type == "string" && (schema.TryGetProperty("enum", out _) || schema.TryGetProperty("oneOf", out _));
        (FormFieldKind Kind, ImmutableHashSet<string> Known)? found = type switch
        {
            "string" => (isChosen ? FormFieldKind.Choice : FormFieldKind.Text, s_text),
            "number" => (FormFieldKind.Number, s_number),
            "integer" => (FormFieldKind.Whole, s_number),
            "boolean" => (FormFieldKind.Boolean, s_boolean),
            "array" => (FormFieldKind.Choices, s_list),
            _ => null,
        };
        if (found is not var (kind, known)) return Bad($"the field '{name}' is no text, number, yes or no, or choice");
        if (StrangerOf(schema, known) is { } stranger) return Bad($"the field '{name}' uses '{stranger}'");
        ImmutableArray<FormChoice> choices = [];
        if (kind is FormFieldKind.Choice or FormFieldKind.Choices)
        {
            if (ChoicesOf(schema, kind) is not { } given) return Bad($"the choices of the field '{name}' cannot be shown");
            choices = given;
        }

        if (s_limits.Any(limit => schema.TryGetProperty(limit, out var given) && !IsLimit(given, isCount: limit is not ("minimum" or "maximum"))))
            return Bad($"the field '{name}' has a limit that is none");
        if (FormatOf(schema, kind) is not var (hasFormat, format)) return Bad($"the field '{name}' has an unknown format");
        var isList = kind is FormFieldKind.Choices;
        var field = new FormField(name, kind, isRequired, choices)
        {
            Title = WordsOf(schema, "title"),
            Description = WordsOf(schema, "description"),
            Format = hasFormat ? format : null,
            LengthMin = CountOf(schema, isList ? "minItems" : "minLength"),
            LengthMax = CountOf(schema, isList ? "maxItems" : "maxLength"),
            Minimum = NumberOf(schema, "minimum"),
            Maximum = NumberOf(schema, "maximum"),
        };
        // What is filled in beforehand is a kindness; one that does not fit is none.
        return schema.TryGetProperty("default", out var standard) && IsShown(standard) && field.WhatIsWrong(standard) is null
            ? field with { Default = standard.Clone() }
            : field;
    }

    private static ImmutableArray<FormChoice>? ChoicesOf(JsonElement schema, FormFieldKind kind)
    {
        var (parent, titled) = (schema, "oneOf");
        if (kind is FormFieldKind.Choices)
        {
            if (ObjectOf(schema, "items") is not { } items || StrangerOf(items, s_items) is not null) return null;
            (parent, titled) = (items, "anyOf");
        }

        var names = TextsOf(schema, "enumNames");
        var choices = TextsOf(parent, "enum")?.Select((value, i) => new FormChoice(value, names?.ElementAtOrDefault(i)))
            ?? ListOf(parent, titled)?.EnumerateArray().Select(static one => new FormChoice(TextOf(one, "const") ?? "", TextOf(one, "title")));
        if (choices is null) return null;
        var known = choices.Take(ChoicesMax + 1).ToList();
        // A value goes back as it came, so it has to be what a person sees.
        if (known.Count is 0 or > ChoicesMax || known.DistinctBy(static choice => choice.Value).Count() != known.Count
            || known.Exists(static choice => choice.Value.Length is 0 or > WordsLengthMax || !PlainText.IsPlain(choice.Value)))
        {
            return null;
        }

        return
        [
            .. known.Select(static choice => choice with
            {
                Title = choice.Title is { } title && PlainText.Line(title, WordsLengthMax) is { Length: > 0 } line ? line : null,
            }),
        ];
    }

    /// <summary>Whether a format is given, and which; null if it is one that is not known.</summary>
    private static (bool IsGiven, FormTextFormat Format)? FormatOf(JsonElement schema, FormFieldKind kind)
    {
        if (kind is not FormFieldKind.Text || !schema.TryGetProperty("format", out _)) return (false, default);
        return TextOf(schema, "format") switch
        {
            "email" => (true, FormTextFormat.Email),
            "uri" => (true, FormTextFormat.Uri),
            "date" => (true, FormTextFormat.Date),
            "date-time" => (true, FormTextFormat.DateTime),
            _ => null,
        };
    }

    private static bool IsLimit(JsonElement given, bool isCount) => given.ValueKind is JsonValueKind.Number
        && (isCount
            ? given.TryGetInt32(out var count) && count >= 0
            : given.TryGetDouble(out var number) && double.IsFinite(number));

    private static bool IsShown(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString() is { Length: <= WordsLengthMax } text && PlainText.IsPlain(text),
        JsonValueKind.Array => value.EnumerateArray().All(IsShown),
        _ => true,
    };

    private static string? StrangerOf(JsonElement schema, ImmutableHashSet<string> known)
    {
        foreach (var member in schema.EnumerateObject())
        {
            if (!known.Contains(member.Name)) return PlainText.Line(member.Name, NameLengthMax);
        }

        return null;
    }

    private static List<string>? TextsOf(JsonElement parent, string name)
    {
        if (ListOf(parent, name) is not { } list) return null;
        var texts = list.EnumerateArray().Where(static one => one.ValueKind is JsonValueKind.String)
            .Select(static one => one.GetString()!).ToList();
        return texts.Count == list.GetArrayLength() ? texts : null;
    }

    private static string? WordsOf(JsonElement schema, string name) =>
        TextOf(schema, name) is { } text && PlainText.Line(text, WordsLengthMax) is { Length: > 0 } line ? line : null;

    private static int? CountOf(JsonElement schema, string name) =>
        schema.TryGetProperty(name, out var given) && given.TryGetInt32(out var count) ? count : null;

    private static double? NumberOf(JsonElement schema, string name) =>
        schema.TryGetProperty(name, out var given) && given.TryGetDouble(out var number) ? number : null;

    private static Fault Bad(string why) => new("mcp.bad_form", FaultKind.Invalid, why);
}
