namespace CodexOS.Knowledge.Sources.Places;

/// <summary>
/// What a site asks of programs in its robots.txt, as RFC 9309 has it: the rules for our name, else those for everybody; of the
/// rules that fit the longest decides, and of two as long the one that allows.
/// </summary>
internal sealed class Robots
{
    private const int BytesRead = 512 * 1024;
    private const string Agent = "codexos";

    private readonly List<(string Path, bool Allows)> _rules;

    private Robots(List<(string Path, bool Allows)> rules) => _rules = rules;

    /// <summary>Where there is no robots.txt, everything may be fetched.</summary>
    public static Robots AllowAll { get; } = new([]);

    /// <summary>Reads a file; what is behind its first 512 KiB is left out.</summary>
    public static Robots Read(string text)
    {
        var (own, everybody) = (new List<(string, bool)>(), new List<(string, bool)>());
        var (isOwn, isEverybody, isNaming, hasOwn) = (false, false, false, false);
        foreach (var line in text.AsSpan(0, Math.Min(text.Length, BytesRead)).EnumerateLines())
        {
            var said = line.IndexOf('#') is var hash and >= 0 ? line[..hash] : line;
            var colon = said.IndexOf(':');
            if (colon < 0) continue;
            var field = said[..colon].Trim();
            var value = said[(colon + 1)..].Trim();
            if (field.Equals("user-agent", StringComparison.OrdinalIgnoreCase))
            {
                // Names that follow one another head the same rules.
                if (!isNaming) (isOwn, isEverybody) = (false, false);
                isNaming = true;
                isOwn |= value.Equals(Agent, StringComparison.OrdinalIgnoreCase);
                isEverybody |= value is "*";
                hasOwn |= isOwn;
                continue;
            }

            var allows = field.Equals("allow", StringComparison.OrdinalIgnoreCase);
            if (!allows && !field.Equals("disallow", StringComparison.OrdinalIgnoreCase)) continue;
            isNaming = false;
            if (value.IsEmpty) continue;
            if (isOwn) own.Add((value.ToString(), allows));
            if (isEverybody) everybody.Add((value.ToString(), allows));
        }

        return new Robots(hasOwn ? own : everybody);
    }

    /// <summary>Whether an address may be fetched.</summary>
    public bool Allows(Uri address)
    {
        var path = address.PathAndQuery;
        var (best, allows) = (-1, true);
        foreach (var rule in _rules)
        {
            if (rule.Path.Length < best || (rule.Path.Length == best && !rule.Allows) || !Fits(rule.Path, path)) continue;
            (best, allows) = (rule.Path.Length, rule.Allows);
        }

        return allows;
    }

    /// <summary>Whether a path begins as a rule says; <c>*</c> is anything, and <c>$</c> at the end is the end.</summary>
    private static bool Fits(string rule, string path)
    {
        var isWhole = rule.EndsWith('$');
        var parts = (isWhole ? rule[..^1] : rule).Split('*');
        if (!path.StartsWith(parts[0], StringComparison.Ordinal)) return false;
        var at = parts[0].Length;
        for (var number = 1; number < parts.Length; number++)
        {
            if (isWhole && number == parts.Length - 1)
                return path.Length - at >= parts[number].Length && path.EndsWith(parts[number], StringComparison.Ordinal);
            var next = path.IndexOf(parts[number], at, StringComparison.Ordinal);
            if (next < 0) return false;
            at = next + parts[number].Length;
        }

        return !isWhole || at == path.Length;
    }
}
