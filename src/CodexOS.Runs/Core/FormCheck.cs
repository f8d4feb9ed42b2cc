using System.Collections.Immutable;
using System.Globalization;
using System.Net.Mail;
using System.Runtime.InteropServices;
using System.Text.Json;
using CodexOS.Runs.Contracts;

namespace CodexOS.Runs.Core;

/// <summary>Whether an answer fits the form of its question.</summary>
internal static class FormCheck
{
    private const string DateForm = "yyyy-MM-dd";
    private const string TimeForm = "yyyy-MM-dd'T'HH:mm:ssK";
    private const string FinerTimeForm = "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK";

    /// <summary>What is wrong with an answer, in words; null if nothing is.</summary>
    public static string? WhatIsWrong(ImmutableArray<FormField> fields, JsonElement content, int bytesMax)
    {
        if (content.ValueKind is not JsonValueKind.Object) return "content must be an object with the form's fields";
        if (JsonMarshal.GetRawUtf8Value(content).Length > bytesMax) return $"it has more than {bytesMax} bytes (Runs:AnswerBytesMax)";
        var given = new HashSet<string>(StringComparer.Ordinal);
        foreach (var member in content.EnumerateObject())
        {
            // Names of fields are plain, so one that cannot be read is none of them.
            if (fields.FirstOrDefault(field => member.NameEquals(field.Name)) is not { } field)
                return "it has a member that is no field of the form";
            if (!given.Add(field.Name)) return $"'{field.Name}' is given twice";
            if (WhatIsWrong(field, member.Value) is { } wrong) return $"'{field.Name}' must be {wrong}";
        }

        return fields.FirstOrDefault(field => field.IsRequired && !given.Contains(field.Name)) is { } missing
            ? $"'{missing.Name}' is missing"
            : null;
    }

    /// <summary>What a value of a field must be and is not; null if it fits.</summary>
    public static string? WhatIsWrong(FormField field, JsonElement value) => field.Kind switch
    {
        FormFieldKind.Text => TextWrong(field, value),
        FormFieldKind.Number or FormFieldKind.Whole => NumberWrong(field, value),
        FormFieldKind.Boolean => value.ValueKind is JsonValueKind.True or JsonValueKind.False ? null : "true or false",
        FormFieldKind.Choice => IsChoice(field, value) ? null : "one of its choices",
        FormFieldKind.Choices => ChoicesWrong(field, value),
        _ => throw new System.Diagnostics.UnreachableException($"The form does not know the kind {field.Kind}."),
    };

    private static string? TextWrong(FormField field, JsonElement value)
    {
        if (TextOf(value) is not { } text) return "a text";
        var length = text.EnumerateRunes().Count();
        if (length < field.LengthMin) return $"a text of at least {field.LengthMin} characters";
        if (length > field.LengthMax) return $"a text of at most {field.LengthMax} characters";
        return field.Format switch
        {
            FormTextFormat.Email when !MailAddress.TryCreate(text, out var address) || address.Address != text =>
                "an e-mail address",
            FormTextFormat.Uri when !Uri.TryCreate(text, UriKind.Absolute, out _) => "an absolute URI",
            FormTextFormat.Date when !DateOnly.TryParseExact(
                text, DateForm, CultureInfo.InvariantCulture, DateTimeStyles.None, out _) => "a date such as 2026-07-28",
            FormTextFormat.DateTime when !IsTime(text) => "a time with its offset such as 2026-07-28T12:00:00Z",
            _ => null,
        };
    }

    private static bool IsTime(string text) =>
        (text.EndsWith('Z') || (text.Length > 6 && text[^6] is '+' or '-'))
        && DateTimeOffset.TryParseExact(
            text, [TimeForm, FinerTimeForm], CultureInfo.InvariantCulture, DateTimeStyles.None, out _);

    private static string? NumberWrong(FormField field, JsonElement value)
    {
        var whole = field.Kind is FormFieldKind.Whole;
        if (value.ValueKind is not JsonValueKind.Number || !value.TryGetDouble(out var number) || !double.IsFinite(number)
            || (whole && !double.IsInteger(number)))
        {
            return whole ? "a whole number" : "a number";
        }

        if (number < field.Minimum) return string.Create(CultureInfo.InvariantCulture, $"at least {field.Minimum}");
        return number > field.Maximum ? string.Create(CultureInfo.InvariantCulture, $"at most {field.Maximum}") : null;
    }

    private static string? ChoicesWrong(FormField field, JsonElement value)
    {
        if (value.ValueKind is not JsonValueKind.Array) return "a list of its choices";
        var count = value.GetArrayLength();
        if (count < field.LengthMin) return $"a list of at least {field.LengthMin} choices";
        if (count > (field.LengthMax ?? field.Choices.Length)) return $"a list of at most {field.LengthMax ?? field.Choices.Length} choices";
        return value.EnumerateArray().All(one => IsChoice(field, one)) ? null : "a list of its choices";
    }

    private static bool IsChoice(FormField field, JsonElement value) =>
        TextOf(value) is { } text && field.Choices.Any(choice => choice.Value == text);

    private static string? TextOf(JsonElement value)
    {
        try
        {
            return value.ValueKind is JsonValueKind.String ? value.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            return null; // Half a surrogate pair was written as an escape.
        }
    }
}
