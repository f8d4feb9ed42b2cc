using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using CodexOS.Cli.Screens;
using CodexOS.Client.Contracts;

namespace CodexOS.Cli.Verbs;

/// <summary>Shows the form of a question, and makes its answer of words like <c>city=Ulm</c>. The server checks it.</summary>
internal static class QuestionForm
{
    public static void Show(Screen screen, Question question)
    {
        screen.Line(($"{PlainText.LineOf(question.From)} asks: ", Tone.Bold), (PlainText.LineOf(question.Message), Tone.Plain));
        foreach (var field in question.Fields)
        {
            screen.Line(
                ($"    {PlainText.LineOf(field.Name)}", Tone.Bold),
                ($"  {PlainText.LineOf(field.Title ?? "")}  ", Tone.Plain), ($"{KindOf(field)}", Tone.Dim));
            if (field.Description is { Length: > 0 } description) screen.Line($"        {PlainText.LineOf(description)}", Tone.Dim);
        }
    }

    /// <summary>
    /// The answer's content. A field of several choices may be given more than once; one that is not given holds what it
    /// usually does.
    /// </summary>
    /// <exception cref="CodexOSException">A word is no field of the form.</exception>
    public static JsonElement Read(Question question, IReadOnlyList<string> words)
    {
        var content = new JsonObject();
        foreach (var word in words)
        {
            var equals = word.IndexOf('=', StringComparison.Ordinal);
            var field = equals < 1 ? null : question.Fields.FirstOrDefault(one => one.Name == word[..equals]);
            if (field is null) throw Unknown(word, question);
            var value = ValueOf(field, word[(equals + 1)..]);
            if (field.Kind == "choices" && content[field.Name] is JsonArray several) several.Add(value);
            else content[field.Name] = field.Kind == "choices" ? new JsonArray(value) : value;
        }

        foreach (var field in question.Fields)
        {
            if (field.Default is { } standard && !content.ContainsKey(field.Name))
                content[field.Name] = JsonNode.Parse(standard.GetRawText());
        }

        return JsonElement.Parse(content.ToJsonString());
    }

    private static JsonValue ValueOf(FormField field, string text) => field.Kind switch
    {
        "boolean" when text is "yes" or "true" => JsonValue.Create(true),
        "boolean" when text is "no" or "false" => JsonValue.Create(false),
        "whole" when long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole) =>
            JsonValue.Create(whole),
        "number" when double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            && double.IsFinite(number) => JsonValue.Create(number),
        _ => JsonValue.Create(text)!,
    };

    /// <summary>What a field holds, in words: its kind, its limits, and whether it is needed.</summary>
    public static string KindOf(FormField field)
    {
        var kind = field.Kind switch
        {
            "boolean" => "yes or no",
            "choice" or "choices" => $"{(field.Kind == "choice" ? "one" : "any")} of {string.Join(", ", field.Choices.Select(Shown))}",
            "whole" => "whole number",
            _ => field.Format ?? field.Kind,
        };
        var limits = field.Kind is "whole" or "number"
            ? Between(field.Minimum, field.Maximum, "")
            : Between(field.LengthMin, field.LengthMax, field.Kind == "choices" ? " choices" : " characters");
        var usual = field.Default is { } standard ? $", usually {PlainText.LineOf(standard.ToString())}" : "";
        return $"{kind}{limits}{usual}{(field.IsRequired ? "" : ", optional")}";
    }

    private static string Between(double? least, double? most, string unit) => (least, most) switch
    {
        (null, null) => "",
        ({ } from, { } to) => string.Create(CultureInfo.InvariantCulture, $", {from} to {to}{unit}"),
        ({ } from, null) => string.Create(CultureInfo.InvariantCulture, $", at least {from}{unit}"),
        (null, { } to) => string.Create(CultureInfo.InvariantCulture, $", at most {to}{unit}"),
    };

    private static string Shown(FormChoice choice) =>
        PlainText.LineOf(choice.Title is { } title ? $"{choice.Value} ({title})" : choice.Value);

    private static CodexOSException Unknown(string word, Question question) => new(
        "cli.bad_answer",
        FaultKind.Invalid,
        $"'{word}' is no answer; give --answer NAME=VALUE with a name of: {string.Join(", ", question.Fields.Select(each => each.Name))}.");
}
