using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Http;

namespace CodexOS.Tools.Contracts;

/// <summary>
/// One spelling for each JSON value, after RFC 8785: members sorted by UTF-16 code units, no white space, shortest
/// escapes, numbers as ECMAScript prints doubles. What has no single meaning is refused: a member given twice, half a
/// surrogate pair, a number that a double cannot hold.
/// </summary>
public static class CanonicalJson
{
    private const long ExactIntegerMax = (1L << 53) - 1;

    /// <summary>Writes the canonical text.</summary>
    public static Result<string> Write(JsonElement value)
    {
        var text = new StringBuilder();
        return Append(value, text) is { } reason
            ? new Fault("tools.ambiguous_json", FaultKind.Invalid, reason)
            : text.ToString();
    }

    /// <summary>SHA-256 of a text's UTF-8 bytes, as 64 lowercase hexadecimal digits.</summary>
    public static string Hash(string canonical) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(canonical)));

    /// <summary>Reads a string, or says why it has no single meaning.</summary>
    internal static string? TryReadString(JsonElement value)
    {
        try
        {
            return value.GetString();
        }
        catch (InvalidOperationException)
        {
            return null; // Half a surrogate pair was written as an escape.
        }
    }

    /// <summary>
    /// Whether a number survives being read as a double, which is how most readers read it. A large whole number does
    /// if the double is printed with the same digits.
    /// </summary>
    internal static bool IsExact(JsonElement number, out double value)
    {
        if (!number.TryGetDouble(out value) || !double.IsFinite(value)) return false;
        if (Math.Abs(value) <= ExactIntegerMax) return true;
        var raw = number.GetRawText();
        return !IsPlainInteger(raw) || Print(value) == raw;
    }

    private static string Print(double value)
    {
        var text = new StringBuilder();
        AppendNumber(value, text);
        return text.ToString();
    }

    private static bool IsPlainInteger(string raw) =>
        raw.AsSpan().TrimStart('-').IndexOfAnyExceptInRange('0', '9') < 0;

    private static string? Append(JsonElement value, StringBuilder text)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                return AppendObject(value, text);
            case JsonValueKind.Array:
                return AppendArray(value, text);
            case JsonValueKind.String:
                if (TryReadString(value) is not { } read) return "A string holds half a surrogate pair.";
                text.AppendCanonical(read);
                return null;
            case JsonValueKind.Number:
                if (!IsExact(value, out var number)) return "A number does not fit a double; send it as a string.";
                AppendNumber(number, text);
                return null;
            case JsonValueKind.True:
                text.Append("true");
                return null;
            case JsonValueKind.False:
                text.Append("false");
                return null;
            case JsonValueKind.Null:
                text.Append("null");
                return null;
            case JsonValueKind.Undefined:
                return "There is no value.";
            default:
                throw new UnreachableException($"JSON has no kind {value.ValueKind}.");
        }
    }

    private static string? AppendObject(JsonElement value, StringBuilder text)
    {
        var members = new List<(string Name, JsonElement Value)>();
        foreach (var member in value.EnumerateObject())
        {
            if (TryReadName(member) is not { } name) return "A member's name holds half a surrogate pair.";
            members.Add((name, member.Value));
        }

        members.Sort(static (left, right) => string.CompareOrdinal(left.Name, right.Name));
        text.Append('{');
        for (var i = 0; i < members.Count; i++)
        {
            if (i > 0 && members[i].Name == members[i - 1].Name)
                return $"The member '{members[i].Name}' is given twice.";
            if (i > 0) text.Append(',');
            text.AppendCanonical(members[i].Name);
            text.Append(':');
            if (Append(members[i].Value, text) is { } reason) return reason;
        }

        text.Append('}');
        return null;
    }

    private static string? AppendArray(JsonElement value, StringBuilder text)
    {
        text.Append('[');
        var first = true;
        foreach (var item in value.EnumerateArray())
        {
            if (!first) text.Append(',');
            first = false;
            if (Append(item, text) is { } reason) return reason;
        }

        text.Append(']');
        return null;
    }

    /// <summary>Reads a member's name, or nothing where it is half a surrogate pair.</summary>
    internal static string? TryReadName(JsonProperty member)
    {
        try
        {
            return member.Name;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>ECMAScript's Number::toString over the shortest digits that read back as the same double.</summary>
    private static void AppendNumber(double value, StringBuilder text)
    {
        if (value == 0)
        {
            text.Append('0');
            return;
        }

        if (value < 0) text.Append('-');
        var (digits, point) = ShortestDigits(Math.Abs(value));
        if (point is > 0 and <= 21)
        {
            if (digits.Length <= point) text.Append(digits).Append('0', point - digits.Length);
            else text.Append(digits.AsSpan(0, point)).Append('.').Append(digits.AsSpan(point));
        }
        else if (point is > -6 and <= 0)
        {
            text.Append("0.").Append('0', -point).Append(digits);
        }
        else
        {
            text.Append(digits[0]);
            if (digits.Length > 1) text.Append('.').Append(digits.AsSpan(1));
            text.Append('e').Append(point > 0 ? '+' : '-').Append(Math.Abs(point - 1));
        }
    }

    /// <summary>
    /// The shortest digits of a positive number, and how many of them stand before the decimal point.
    /// </summary>
    private static (string Digits, int Point) ShortestDigits(double value)
    {
        var text = value.ToString("R", CultureInfo.InvariantCulture);
        var e = text.IndexOf('E', StringComparison.Ordinal);
        var mantissa = e < 0 ? text : text[..e];
        var exponent =
            e < 0 ? 0 : int.Parse(text.AsSpan(e + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        var dot = mantissa.IndexOf('.', StringComparison.Ordinal);
        var digits = mantissa.Replace(".", "", StringComparison.Ordinal);
        var significant = digits.TrimStart('0');
        var point = (dot < 0 ? mantissa.Length : dot) - (digits.Length - significant.Length) + exponent;
        return (significant.TrimEnd('0'), point);
    }
}
