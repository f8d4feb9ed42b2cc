using System.Collections.Immutable;
using System.Globalization;

namespace CodexOS.Tools.Contracts;

/// <summary>A text that a model has read, with where it comes from.</summary>
/// <param name="Origin">Which value it is, for explanations: <c>the task</c>, or the step that gave it.</param>
/// <param name="Text">The text.</param>
/// <param name="Label">Where it comes from and who may read it.</param>
public sealed record LabelledValue(string Origin, string Text, Label Label)
{
    private const int NumbersMax = 1_000;
    private const int NumberLengthMax = 40;

    private string? _form;
    private HashSet<decimal>? _numbers;

    /// <summary>The text in its normal form, made when it is first needed.</summary>
    internal string Form => _form ??= TextForm.Normal(Text);

    /// <summary>
    /// Whether it holds a text as a whole: not a part of a longer word, address or number. Both are normal forms.
    /// </summary>
    internal bool Holds(string form)
    {
        if (form.Length == 0) return true;
        var text = Form;
        for (var at = 0; (at = text.IndexOf(form, at, StringComparison.Ordinal)) >= 0; at++)
        {
            if (Begins(text, at) && Ends(text, at + form.Length)) return true;
        }

        return false;
    }

    /// <summary>Whether it holds a number, however it is written: <c>1,234.50</c> holds 1234.5.</summary>
    internal bool Holds(decimal number) => (_numbers ??= NumbersOf(Form)).Contains(number);

    private static bool Begins(string text, int at) =>
        at == 0 || char.IsWhiteSpace(text[at - 1]) || text[at - 1] is '"' or '\'' or '(' or '[' or '{' or '<' or ',' or ';' or '='
            or ':' or '`' or '*' or '>' or '|' or '#' or '$' or '€' or '£';

    private static bool Ends(string text, int at)
    {
        if (at == text.Length || char.IsWhiteSpace(text[at])) return true;
        if (text[at] is '"' or '\'' or ')' or ']' or '}' or '>' or ',' or ';' or '`' or '*' or '<' or '|') return true;
        // A full stop ends a sentence, and is a part of an address where something follows at once.
        return text[at] is '.' or ':' or '!' or '?' && (at + 1 == text.Length || char.IsWhiteSpace(text[at + 1]));
    }

    private static bool IsOfNumber(char character) => char.IsAsciiDigit(character) || character is '.' or ',';

    private static HashSet<decimal> NumbersOf(string text)
    {
        var numbers = new HashSet<decimal>();
        for (var at = 0; at < text.Length && numbers.Count < NumbersMax; at++)
        {
            if (!char.IsAsciiDigit(text[at])) continue;
            if (at > 0 && (char.IsLetterOrDigit(text[at - 1]) || text[at - 1] is '.' or ',')) continue;
            var end = at;
            while (end < text.Length && end - at < NumberLengthMax && IsOfNumber(text[end])) end++;
            var written = text.AsSpan(at, end - at).TrimEnd(".,").ToString();
            var isPart = end < text.Length && char.IsLetterOrDigit(text[end]);
            if (!isPart && decimal.TryParse(written, NumberStyles.Number, CultureInfo.InvariantCulture, out var number))
                numbers.Add(at > 0 && text[at - 1] == '-' ? -number : number);
            at = end;
        }

        return numbers;
    }
}

/// <summary>
/// The values of a run, bounded: beyond its limits the text of values that nobody vouches for is let go, and their label
/// stays in the context. A text that is not found counts as not trusted, so nothing is gained by pushing others out.
/// </summary>
public sealed class ValueList
{
    private const int ValuesMax = 2_000;
    private const int TrustedLengthMax = 128 * 1024;
    private const int OtherLengthMax = 512 * 1024;

    private readonly ImmutableList<LabelledValue> _trusted;
    private readonly ImmutableList<LabelledValue> _others;
    private readonly int _trustedLength;
    private readonly int _othersLength;

    private ValueList(
        ImmutableList<LabelledValue> trusted, ImmutableList<LabelledValue> others, int trustedLength, int othersLength) =>
        (_trusted, _others, _trustedLength, _othersLength) = (trusted, others, trustedLength, othersLength);

    /// <summary>No values.</summary>
    public static ValueList Empty { get; } = new([], [], 0, 0);

    /// <summary>Those from tenant, user or system, oldest first; never let go, and none is added to too many.</summary>
    internal ImmutableList<LabelledValue> Trusted => _trusted;

    /// <summary>The others, oldest first.</summary>
    internal ImmutableList<LabelledValue> Others => _others;

    /// <summary>The list with one more.</summary>
    public ValueList Add(LabelledValue value)
    {
        ArgumentNullException.ThrowIfNull(value);
        if (value.Label.Integrity >= Integrity.Tenant)
        {
            return _trustedLength + value.Text.Length > TrustedLengthMax || _trusted.Count >= ValuesMax
                ? this
                : new ValueList(_trusted.Add(value), _others, _trustedLength + value.Text.Length, _othersLength);
        }

        var others = _others.Add(value);
        var length = _othersLength + value.Text.Length;
        while (others.Count > ValuesMax || (length > OtherLengthMax && others.Count > 1))
        {
            length -= others[0].Text.Length;
            others = others.RemoveAt(0);
        }

        return new ValueList(_trusted, others, _trustedLength, length);
    }
}
