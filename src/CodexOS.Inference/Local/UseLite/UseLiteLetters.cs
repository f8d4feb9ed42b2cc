using System.Collections.Frozen;
using System.Globalization;
using System.Text;

namespace CodexOS.Inference.Local.UseLite;

/// <summary>
/// Brings letters into Unicode's normal form KC, as far as the model's vocabulary has them. The runtime carries no tables of
/// normal forms, so those that matter are listed in <c>equivalents.txt</c>; every other letter is unknown to the model either
/// way. A letter with several marks is put together with its first alone.
/// </summary>
internal sealed class UseLiteLetters
{
    private const string Resource = "use-lite/equivalents.txt";

    private readonly FrozenDictionary<int, string> _single;
    private readonly FrozenDictionary<(char, char), char> _pairs;

    private UseLiteLetters(Dictionary<int, string> single, Dictionary<(char, char), char> pairs) =>
        (_single, _pairs) = (single.ToFrozenDictionary(), pairs.ToFrozenDictionary());

    public static UseLiteLetters Instance { get; } = Read();

    /// <summary>The text in normal form.</summary>
    public string Normalize(string text)
    {
        if (System.Text.Ascii.IsValid(text)) return text;
        var normal = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            if (_single.TryGetValue(rune.Value, out var other)) normal.Append(other);
            else if (rune.IsBmp && normal.Length > 0 && _pairs.TryGetValue((normal[^1], (char)rune.Value), out var joined))
                normal[^1] = joined;
            else normal.Append(rune);
        }

        return normal.ToString();
    }

    private static UseLiteLetters Read()
    {
        using var stream = typeof(UseLiteLetters).Assembly.GetManifestResourceStream(Resource)!;
        using var reader = new StreamReader(stream);
        var (single, pairs) = (new Dictionary<int, string>(), new Dictionary<(char, char), char>());
        while (reader.ReadLine() is { } line)
        {
            if (line.StartsWith('#')) continue;
            var forms = line.Split(' ');
            var normal = Letters(forms[0]);
            foreach (var form in forms.AsSpan(1))
            {
                var letters = Letters(form);
                if (form.Contains('+', StringComparison.Ordinal)) pairs.Add((letters[0], letters[1]), normal[0]);
                else single.Add(char.ConvertToUtf32(letters, 0), normal);
            }
        }

        return new UseLiteLetters(single, pairs);
    }

    private static string Letters(string form) => string.Concat(form.Split('+').Select(static code =>
        char.ConvertFromUtf32(int.Parse(code, NumberStyles.HexNumber, CultureInfo.InvariantCulture))));
}
