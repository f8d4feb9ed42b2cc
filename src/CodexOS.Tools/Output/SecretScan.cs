using System.Collections.Immutable;
using System.Net;
using System.Text;
using System.Text.Json;
using CodexOS.Platform.Faults;
using CodexOS.Tools.Contracts;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace CodexOS.Tools.Output;

/// <summary>
/// Looks for secrets and canaries in what is about to leave, also where they are encoded, turned around, taken apart or
/// hidden between other characters. Codes can be nested; what takes too long to look at does not leave.
/// </summary>
internal sealed class SecretScan(IEnumerable<ISecretSource> sources, IOptions<ToolsOptions> options)
{
    private const int LengthMin = 8;
    private const int DepthMax = 4;
    private const int LayersMax = 64;

    /// <summary>What is found in arguments: <c>secret</c>, <c>canary</c> or <c>too_long</c>; null if nothing is.</summary>
    public string? Find(JsonElement arguments, Policy policy)
    {
        // Values stand side by side: a secret that was cut in two arguments is whole again without what is between.
        var (values, names) = (new StringBuilder(), new StringBuilder());
        Append(arguments, values, names);
        return Find(values.Append('\n').Append(names).ToString(), policy);
    }

    /// <summary>What is found in a text: <c>secret</c>, <c>canary</c> or <c>too_long</c>; null if nothing is.</summary>
    public string? Find(string text, Policy policy)
    {
        var secrets = FormsOf(sources.SelectMany(static source => source.Values()));
        var canaries = FormsOf(policy.Canaries.IsDefault ? [] : policy.Canaries);
        if (secrets.Count == 0 && canaries.Count == 0) return null;
        if (text.Length > options.Value.ScanLengthMax) return "too_long";
        var looked = 0L;
        var layers = new Queue<(string Text, int Depth)>([(text, 0)]);
        for (var count = 0; layers.TryDequeue(out var layer); count++)
        {
            looked += layer.Text.Length;
            if (looked > options.Value.ScanLengthMax || count > LayersMax) return "too_long";
            if (Holds(layer.Text, secrets)) return "secret";
            if (Holds(layer.Text, canaries)) return "canary";
            if (layer.Depth == DepthMax) continue;
            foreach (var inner in TextCodes.Decode(layer.Text)) layers.Enqueue((inner, layer.Depth + 1));
        }

        return null;
    }

    /// <summary>What is said where something was found; it does not say what.</summary>
    public static Fault Blocked(string way, string found) => new(
        found switch
        {
            "secret" => "tools.secret_blocked",
            "canary" => "tools.canary_blocked",
            _ => "tools.scan_too_long",
        },
        FaultKind.NotAllowed,
        found == "too_long"
            ? $"What {way} was to send is too long, or encoded too often, to be searched for secrets. Send less at once."
            : $"What {way} was to send holds a {found} that must not leave. Leave it out.");

    private static bool Holds(string text, List<SecretForm> secrets)
    {
        if (secrets.Count == 0) return false;
        var squeezed = TextCodes.Squeeze(text);
        var dense = TextCodes.Dense(text);
        return secrets.Exists(secret => secret.IsIn(squeezed, dense));
    }

    private static List<SecretForm> FormsOf(IEnumerable<string> values) =>
        [.. values.Where(static value => TextCodes.Squeeze(value).Length >= LengthMin).Select(SecretForm.Of)];

    private static void Append(JsonElement value, StringBuilder values, StringBuilder names)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (var member in value.EnumerateObject())
                {
                    names.Append(CanonicalJson.TryReadName(member)).Append('\n');
                    Append(member.Value, values, names);
                }

                break;
            case JsonValueKind.Array:
                foreach (var item in value.EnumerateArray()) Append(item, values, names);
                break;
            case JsonValueKind.String:
                values.Append(CanonicalJson.TryReadString(value)).Append('\n');
                break;
            case JsonValueKind.Number:
                values.Append(value.GetRawText()).Append('\n');
                break;
        }
    }
}

/// <summary>A secret in the forms in which it is looked for.</summary>
/// <param name="Squeezed">Letters and digits only, in lower case.</param>
/// <param name="Reversed">The same from the end.</param>
/// <param name="Rotated">The same, each letter moved by 13.</param>
/// <param name="Codes">Base64 at each of its three places, base32, and hexadecimal.</param>
internal sealed record SecretForm(string Squeezed, string Reversed, string Rotated, ImmutableArray<string> Codes)
{
    public static SecretForm Of(string secret)
    {
        var squeezed = TextCodes.Squeeze(secret);
        var codes = ImmutableArray.CreateBuilder<string>();
        foreach (var bytes in new[] { Encoding.UTF8.GetBytes(secret), Encoding.Unicode.GetBytes(secret) })
        {
            for (var before = 0; before < 3; before++)
            {
                var padded = new byte[before + bytes.Length];
                bytes.CopyTo(padded, before);
                var code = Convert.ToBase64String(padded).TrimEnd('=');
                // The characters at both ends share bits with their neighbours.
                var from = before == 0 ? 0 : before + 1;
                var to = padded.Length % 3 == 0 ? code.Length : code.Length - 1;
                codes.Add(code[from..to]);
            }
        }

        var reversed = new string([.. squeezed.Reverse()]);
        return new SecretForm(squeezed, reversed, TextCodes.Rotate(squeezed), codes.ToImmutable());
    }

    public bool IsIn(string squeezed, string dense)
    {
        if (squeezed.Contains(Squeezed, StringComparison.Ordinal) || squeezed.Contains(Reversed, StringComparison.Ordinal)
            || squeezed.Contains(Rotated, StringComparison.Ordinal))
        {
            return true;
        }

        foreach (var code in Codes)
        {
            if (dense.Contains(code, StringComparison.Ordinal)) return true;
        }

        return false;
    }
}

/// <summary>Secrets that must never leave this installation.</summary>
internal interface ISecretSource
{
    /// <summary>Their values.</summary>
    IReadOnlyList<string> Values();
}

/// <summary>The secrets of the server's own configuration: keys of model providers, passwords, tokens.</summary>
internal sealed class ConfiguredSecrets(IConfiguration configuration) : ISecretSource
{
    private static readonly string[] s_endings = ["key", "secret", "password", "token", "connectionstring"];

    private readonly ImmutableArray<string> _values =
    [
        .. configuration.AsEnumerable()
            .Where(static setting => setting.Value is { Length: >= 8 } && IsSecret(setting.Key))
            .Select(static setting => setting.Value!)
            .Distinct(StringComparer.Ordinal).Take(1_000),
    ];

    public IReadOnlyList<string> Values() => _values;

    // What is added to requests, or given to programs, is called by its own name: Egress:Secrets:github:Value.
    private static bool IsSecret(string key) =>
        s_endings.Any(ending => key.EndsWith(ending, StringComparison.OrdinalIgnoreCase))
        || (key.EndsWith(":value", StringComparison.OrdinalIgnoreCase)
            && key.Contains(":secrets:", StringComparison.OrdinalIgnoreCase));
}

/// <summary>The codes that a text is looked at through.</summary>
internal static class TextCodes
{
    private const int RunLengthMin = 12;
    private const int RunsMax = 16;

    /// <summary>The letters and digits of a text in lower case, compatibility-composed: what splits or hides is gone.</summary>
    public static string Squeeze(string text)
    {
        var form = TextForm.Normal(text);
        var kept = new StringBuilder(form.Length);
        foreach (var character in form)
        {
            if (char.IsLetterOrDigit(character)) kept.Append(character);
        }

        return kept.ToString();
    }

    /// <summary>A text without white space and unseen characters, and with Base64 in its first spelling.</summary>
    public static string Dense(string text)
    {
        var kept = new StringBuilder(text.Length);
        foreach (var character in text)
        {
            if (char.IsWhiteSpace(character) || TextForm.IsUnseen(character)) continue;
            kept.Append(character switch { '-' => '+', '_' => '/', _ => character });
        }

        return kept.ToString();
    }

    /// <summary>Each letter moved by 13.</summary>
    public static string Rotate(string text) => string.Create(text.Length, text, static (rotated, given) =>
    {
        for (var i = 0; i < given.Length; i++)
        {
            rotated[i] = given[i] switch
            {
                >= 'a' and <= 'z' => (char)('a' + ((given[i] - 'a' + 13) % 26)),
                >= 'A' and <= 'Z' => (char)('A' + ((given[i] - 'A' + 13) % 26)),
                _ => given[i],
            };
        }
    });

    /// <summary>What a text is when it is read through one more code.</summary>
    public static IEnumerable<string> Decode(string text)
    {
        if (text.Contains('%', StringComparison.Ordinal) && Uri.UnescapeDataString(text) is var url && url != text)
            yield return url;
        if (text.Contains('&', StringComparison.Ordinal) && WebUtility.HtmlDecode(text) is var html && html != text)
            yield return html;
        if (text.Contains('\\', StringComparison.Ordinal) && Unescape(text) is var unescaped && unescaped != text)
            yield return unescaped;
        var runs = 0;
        foreach (var run in Runs(Dense(text)))
        {
            if (runs++ == RunsMax) yield break;
            if (Hex(run) is { } hex) yield return hex;
            if (Base32(run) is { } five) yield return five;
            for (var skip = 0; skip < 4 && run.Length - skip >= RunLengthMin; skip++)
            {
                if (Base64(run[skip..]) is { } plain) yield return plain;
            }
        }

        // Bytes that are written one by one: 41:42, 0x41 0x42, \x41\x42.
        var packed = text.Replace("0x", "", StringComparison.OrdinalIgnoreCase).Replace("\\x", "", StringComparison.OrdinalIgnoreCase);
        var digits = new string([.. packed.Where(char.IsAsciiHexDigit)]);
        if (digits.Length >= RunLengthMin && digits.Length * 2 >= packed.Count(static it => !char.IsWhiteSpace(it))
            && Hex(digits) is { } bytes)
        {
            yield return bytes;
        }
    }

    private static IEnumerable<string> Runs(string dense)
    {
        var from = 0;
        for (var at = 0; at <= dense.Length; at++)
        {
            if (at < dense.Length && (char.IsAsciiLetterOrDigit(dense[at]) || dense[at] is '+' or '/')) continue;
            if (at - from >= RunLengthMin) yield return dense[from..at];
            from = at + 1;
        }
    }

    private static string? Hex(string run)
    {
        var even = run[..(run.Length & ~1)];
        return even.All(char.IsAsciiHexDigit) ? Read(Convert.FromHexString(even)) : null;
    }

    private static string? Base64(string run)
    {
        var whole = run[..(run.Length & ~3)];
        var bytes = new byte[whole.Length];
        return Convert.TryFromBase64String(whole, bytes, out var length) ? Read(bytes.AsSpan(0, length)) : null;
    }

    private static string? Base32(string run)
    {
        var bytes = new List<byte>(run.Length * 5 / 8);
        var (bits, count) = (0, 0);
        foreach (var character in run)
        {
            var digit = char.ToUpperInvariant(character) switch
            {
                >= 'A' and <= 'Z' and var letter => letter - 'A',
                >= '2' and <= '7' and var number => number - '2' + 26,
                _ => -1,
            };
            if (digit < 0) return null;
            (bits, count) = (((bits << 5) | digit) & 0xfff, count + 5);
            if (count < 8) continue;
            count -= 8;
            bytes.Add((byte)(bits >> count));
        }

        return Read(bytes.ToArray());
    }

    /// <summary>Bytes as text, if most of it is one that people or programs write.</summary>
    private static string? Read(ReadOnlySpan<byte> bytes)
    {
        var plain = 0;
        foreach (var each in bytes)
        {
            if (each is (>= 0x20 and < 0x7f) or 0 or 9 or 10 or 13) plain++;
        }

        if (bytes.Length == 0 || plain * 10 < bytes.Length * 6) return null;
        return Encoding.Latin1.GetString(bytes).Replace("\0", "", StringComparison.Ordinal);
    }

    private static string Unescape(string text)
    {
        var plain = new StringBuilder(text.Length);
        for (var at = 0; at < text.Length; at++)
        {
            var length = at + 1 < text.Length && text[at] == '\\' ? text[at + 1] switch { 'u' => 4, 'x' => 2, _ => 0 } : 0;
            if (length > 0 && at + 2 + length <= text.Length && text.AsSpan(at + 2, length).ToString() is var digits
                && digits.All(char.IsAsciiHexDigit))
            {
                plain.Append((char)Convert.ToInt32(digits, 16));
                at += length + 1;
                continue;
            }

            plain.Append(text[at]);
        }

        return plain.ToString();
    }
}
