using System.Text.Json;
using CodexOS.Cli.Runs;
using CodexOS.Cli.Screens;
using CodexOS.Client.Contracts;

namespace CodexOS.Cli.Verbs;

/// <summary>
/// <c>codexos diff RUN@SEQ RUN@SEQ</c>: what is different between two states. As <c>diff</c> does, it ends with 0 if
/// nothing is, and with 1 if something is.
/// </summary>
internal static class StateDiff
{
    private const int ShownMax = 1_000;
    private const int ValueLengthMax = 500;

    /// <summary>Where a state is, and not what it is.</summary>
    private static readonly string[] s_places = ["runId", "seq", "at", "counts"];

    public static async Task<int> ShowAsync(
        Terminal terminal,
        CodexOSClient client,
        RunPlace before,
        RunPlace after,
        bool isJson,
        CancellationToken cancellationToken)
    {
        var one = await before.StateAsync(client, cancellationToken);
        var other = await after.StateAsync(client, cancellationToken);
        var changes = JsonChanges.Between(ElementOf(one), ElementOf(other))
            .Where(change => !s_places.Contains(change.Path, StringComparer.Ordinal))
            .ToList();
        if (isJson)
        {
            CliJson.Print(
                terminal,
                new StateDiffReport(one.RunId, one.Seq, other.RunId, other.Seq, changes),
                CliJson.Documents.StateDiffReport);
        }
        else
        {
            Show(terminal, one, other, changes);
        }

        return changes.Count == 0 ? 0 : 1;
    }

    private static JsonElement ElementOf(RunStateView state) =>
        JsonSerializer.SerializeToElement(state, CliJson.Documents.RunStateView);

    private static void Show(Terminal terminal, RunStateView one, RunStateView other, List<JsonChange> changes)
    {
        var screen = terminal.OutScreen;
        if (changes.Count > 0)
        {
            screen.Line($"--- {one.RunId}@{one.Seq}", Tone.Bold);
            screen.Line($"+++ {other.RunId}@{other.Seq}", Tone.Bold);
        }

        foreach (var change in changes.Take(ShownMax))
        {
            if (change.Before is { } before) screen.Line($"- {Line(change.Path, before)}", Tone.Bad);
            if (change.After is { } after) screen.Line($"+ {Line(change.Path, after)}", Tone.Good);
        }

        if (changes.Count > ShownMax)
            screen.Line($"… {Format.Plural(changes.Count - ShownMax, "more difference")} (--json)", Tone.Dim);
        terminal.ErrorScreen.Line(
            changes.Count == 0 ? "The states are the same." : Format.Plural(changes.Count, "difference"), Tone.Dim);
    }

    private static string Line(string path, JsonElement value)
    {
        var text = PlainText.LineOf(JsonText.OneLine(value));
        return $"{PlainText.LineOf(path)}: {(text.Length > ValueLengthMax ? text[..ValueLengthMax] + " …" : text)}";
    }
}

/// <summary>What <c>--json</c> prints of two states.</summary>
internal sealed record StateDiffReport(
    string FromRun, long FromSeq, string ToRun, long ToSeq, IReadOnlyList<JsonChange> Changes);
