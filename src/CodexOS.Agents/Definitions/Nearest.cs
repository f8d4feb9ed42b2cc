namespace CodexOS.Agents.Definitions;

/// <summary>Guesses what a mistyped name was meant to be.</summary>
internal static class Nearest
{
    private const int ShownMax = 3;
    private const int LengthMax = 100;

    /// <summary><c> Did you mean …?</c> with a leading space, or nothing where no name is near.</summary>
    public static string Question(string typed, IEnumerable<string> names)
    {
        if (typed.Length > LengthMax) return "";
        var farthest = Math.Max(2, typed.Length / 3);
        var near = names
            .Select(name => (Name: name, Distance: Distance(typed.ToLowerInvariant(), name)))
            .Where(it => it.Distance <= farthest)
            .OrderBy(static it => it.Distance)
            .ThenBy(static it => it.Name, StringComparer.Ordinal)
            .Take(ShownMax)
            .Select(static it => $"'{it.Name}'")
            .ToList();
        return near.Count == 0 ? "" : $" Did you mean {string.Join(" or ", near)}?";
    }

    /// <summary>How many letters must be changed, added, removed or swapped with their neighbour.</summary>
    internal static int Distance(string left, string right)
    {
        var rows = new int[left.Length + 1, right.Length + 1];
        for (var i = 0; i <= left.Length; i++) rows[i, 0] = i;
        for (var j = 0; j <= right.Length; j++) rows[0, j] = j;
        for (var i = 1; i <= left.Length; i++)
        {
            for (var j = 1; j <= right.Length; j++)
            {
                var change = left[i - 1] == right[j - 1] ? 0 : 1;
                var best = Math.Min(rows[i - 1, j - 1] + change, Math.Min(rows[i - 1, j], rows[i, j - 1]) + 1);
                if (i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1])
                    best = Math.Min(best, rows[i - 2, j - 2] + 1);
                rows[i, j] = best;
            }
        }

        return rows[left.Length, right.Length];
    }
}
