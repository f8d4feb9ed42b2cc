using CodexOS.Cli.Screens;
using CodexOS.Client.Contracts;

namespace CodexOS.Cli.Runs;

/// <summary>Finds the run that a person means: by id, by the beginning of the id, or as <c>last</c>.</summary>
internal static class RunLookup
{
    private const string Prefix = "run_";
    private const int IdLength = 36;
    private const int DigitsMin = 4;
    private const int LengthMin = 8;
    private const int SearchedMax = 2000;
    private const int ShownMax = 5;

    public static async Task<Run> FindAsync(CodexOSClient client, string text, CancellationToken cancellationToken)
    {
        if (text == "last")
        {
            var page = await client.ListRunsAsync(null, 1, null, cancellationToken);
            return page.Items.Count > 0
                ? page.Items[0]
                : throw new CodexOSException("cli.no_runs", FaultKind.NotFound, "There are no runs yet.");
        }

        var id = text.StartsWith(Prefix, StringComparison.Ordinal) ? text : Prefix + text;
        if (id.Length == IdLength) return await client.GetRunAsync(id, cancellationToken);
        if (id.Length is < LengthMin or > IdLength || !ContainsOnlyHex(id.AsSpan(Prefix.Length)))
        {
            throw new CodexOSException(
                "cli.bad_run",
                FaultKind.Invalid,
                $"'{text}' is not a run. Give its id, {DigitsMin} or more digits of its beginning, or \"last\".");
        }

        var found = await client.ListAllRunsAsync(null, cancellationToken)
            .Take(SearchedMax)
            .Where(run => run.Id.StartsWith(id, StringComparison.OrdinalIgnoreCase))
            .Take(ShownMax + 1)
            .ToListAsync(cancellationToken);
        return found.Count switch
        {
            1 => found[0],
            0 => throw new CodexOSException(
                "cli.run_not_found",
                FaultKind.NotFound,
                $"None of the newest {SearchedMax} runs has an id that begins with {id}. See \"codexos ps\"."),
            _ => throw new CodexOSException(
                "cli.ambiguous_run", FaultKind.Invalid, $"Several runs begin with {id}: {Names(found)}."),
        };
    }

    private static string Names(List<Run> runs)
    {
        var digits = Format.ShortIdDigitsFor([.. runs.Select(run => run.Id)]);
        var names = string.Join(", ", runs.Take(ShownMax).Select(run => Format.ShortId(run.Id, digits)));
        return runs.Count > ShownMax ? $"{names}, …" : names;
    }

    private static bool ContainsOnlyHex(ReadOnlySpan<char> digits)
    {
        foreach (var digit in digits)
        {
            if (!char.IsAsciiHexDigit(digit)) return false;
        }

        return true;
    }
}
