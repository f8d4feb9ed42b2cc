using System.Globalization;
using System.Text.Json;
using CodexOS.Tools.Contracts;

namespace CodexOS.Tools.Labels;

/// <summary>
/// Finds out where arguments come from, the same way each time: an argument is as trusted as the most trusted value that
/// holds it as a whole, because then that author wrote it. What no trusted value holds is made of everything the model had
/// read, and is as trusted as the least of that. Cutting, joining and rewriting an argument only ever loses its source.
/// </summary>
internal sealed class Provenance(CallContext context)
{
    private const int LeavesMax = 256;
    private const int ScanLengthMax = 512 * 1024;

    private int _scanned;
    private int _leaves;

    /// <summary>How far an argument can be trusted; of a list or an object, the least of its parts.</summary>
    public Integrity IntegrityOf(JsonElement argument)
    {
        switch (argument.ValueKind)
        {
            case JsonValueKind.Array:
                return Least(argument.EnumerateArray());
            case JsonValueKind.Object:
                return Least(argument.EnumerateObject().Select(static member => member.Value));
            case JsonValueKind.String or JsonValueKind.Number:
                break;
            default:
                // Nothing, yes and no carry nothing of anybody's.
                return Integrity.System;
        }

        if (context.Data >= Integrity.User) return context.Data;
        if (++_leaves > LeavesMax) return context.Data;
        var best = context.Data;
        var needle = Needle.Of(argument);
        foreach (var value in context.Values.Trusted)
        {
            if (value.Label.Integrity > best && Holds(value, needle)) best = value.Label.Integrity;
        }

        return best;
    }

    /// <summary>
    /// Who may read an argument: those of the value that holds it as a whole and has the most readers, else those who may
    /// read everything the model had read.
    /// </summary>
    public Readers ReadersOf(JsonElement argument)
    {
        if (context.Readers.IsEveryone) return Readers.Everyone;
        switch (argument.ValueKind)
        {
            case JsonValueKind.Array:
                return argument.EnumerateArray().Aggregate(Readers.Everyone, (all, item) => all.Join(ReadersOf(item)));
            case JsonValueKind.Object:
                return argument.EnumerateObject().Aggregate(Readers.Everyone, (all, item) => all.Join(ReadersOf(item.Value)));
            case JsonValueKind.String or JsonValueKind.Number:
                break;
            default:
                return Readers.Everyone;
        }

        if (++_leaves > LeavesMax) return context.Readers;
        var needle = Needle.Of(argument);
        foreach (var value in context.Values.Trusted.Concat(context.Values.Others))
        {
            // Widest first would be exact; everyone is all that makes a difference in practice.
            if (value.Label.Readers.IsEveryone && Holds(value, needle)) return Readers.Everyone;
        }

        return context.Readers;
    }

    /// <summary>Whether some value that was read, and repeats no model's words, holds a text or number as a whole.</summary>
    public bool IsHeld(JsonElement leaf)
    {
        if (leaf.ValueKind is not (JsonValueKind.String or JsonValueKind.Number)) return false;
        var needle = Needle.Of(leaf);
        return context.Values.Trusted.Concat(context.Values.Others).Any(
            value => !value.Label.IsEcho && Holds(value, needle));
    }

    /// <summary>Whether a model put an argument together: neither trusted nor found anywhere as a whole.</summary>
    public bool IsComposed(JsonElement argument) => argument.ValueKind switch
    {
        JsonValueKind.Array => argument.EnumerateArray().Any(IsComposed),
        JsonValueKind.Object => argument.EnumerateObject().Any(member => IsComposed(member.Value)),
        JsonValueKind.String or JsonValueKind.Number => !IsHeld(argument),
        _ => false,
    };

    /// <summary>Where an argument comes from, in words, for a person: <c>web content of step 3.read_mail.1</c>.</summary>
    public string OriginOf(JsonElement argument)
    {
        if (WorstLeaf(argument) is { } leaf)
        {
            var needle = Needle.Of(leaf);
            for (var i = context.Values.Others.Count - 1; i >= 0; i--)
            {
                var value = context.Values.Others[i];
                if (Holds(value, needle)) return Words(value.Label.Integrity, value.Origin);
            }
        }

        return $"the model, which had read {Words(context.Data, context.UntrustedOrigin)}";
    }

    /// <summary>A source in words.</summary>
    public static string Words(Integrity integrity, string origin) => integrity switch
    {
        Integrity.Web => $"web content of {origin}",
        Integrity.Tool => $"tool output of {origin}",
        Integrity.Tenant => $"the tenant's data of {origin}",
        Integrity.User => $"what the user wrote ({origin})",
        _ => "CodexOS itself",
    };

    private Integrity Least(IEnumerable<JsonElement> items)
    {
        var least = Integrity.System;
        foreach (var item in items)
        {
            var integrity = IntegrityOf(item);
            if (integrity < least) least = integrity;
        }

        return least;
    }

    private JsonElement? WorstLeaf(JsonElement argument)
    {
        switch (argument.ValueKind)
        {
            case JsonValueKind.Array:
                return argument.EnumerateArray().Select(WorstLeaf).FirstOrDefault(static leaf => leaf is not null);
            case JsonValueKind.Object:
                return argument.EnumerateObject().Select(member => WorstLeaf(member.Value))
                    .FirstOrDefault(static leaf => leaf is not null);
            case JsonValueKind.String or JsonValueKind.Number:
                return IntegrityOf(argument) <= context.Data ? argument : null;
            default:
                return null;
        }
    }

    private bool Holds(LabelledValue value, Needle needle)
    {
        // What would take too long to find out counts as not found: less trust, never more.
        if (needle.Form is not { } form || (_scanned += value.Text.Length) > ScanLengthMax) return false;
        return value.Holds(form) || (needle.Number is { } number && value.Holds(number));
    }

    private readonly record struct Needle(string? Form, decimal? Number)
    {
        private const int NumberLengthMax = 40;
        private const NumberStyles Style = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint;

        public static Needle Of(JsonElement leaf)
        {
            var text = leaf.ValueKind is JsonValueKind.Number ? leaf.GetRawText() : CanonicalJson.TryReadString(leaf);
            // What looks like the trusted text and is spelled otherwise may mean something else to the tool.
            if (text is null || !TextForm.IsPlain(text)) return default;
            var isNumber = text.Length is > 0 and <= NumberLengthMax
                & decimal.TryParse(text, Style, CultureInfo.InvariantCulture, out var number);
            return new Needle(TextForm.Normal(text), isNumber ? number : null);
        }
    }
}
