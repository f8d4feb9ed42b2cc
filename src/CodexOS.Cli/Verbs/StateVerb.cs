using System.CommandLine;
using System.Globalization;
using CodexOS.Cli.Runs;
using CodexOS.Cli.Screens;
using CodexOS.Client.Contracts;

namespace CodexOS.Cli.Verbs;

/// <summary><c>codexos state RUN[@SEQ]</c>: a run as it was after one of its events.</summary>
internal static class StateVerb
{
    private const int StepsShownMax = 200;

    public static Command Create(Terminal terminal, Connections connections)
    {
        var name = new Argument<string>("RUN[@SEQ]")
        {
            Description = "The run, and the event after which to look at it; without one, as it is now",
        };
        var url = Connections.UrlOption();
        var json = CommonOptions.Json();
        var command = new Command("state", "Show a run as it was after one of its events") { name, json, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var place = RunPlace.Parse(parsed.GetRequiredValue(name));
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var state = await place.StateAsync(client, cancellationToken);
            if (parsed.GetValue(json)) CliJson.Print(terminal, state, CliJson.Documents.RunStateView);
            else Show(terminal.OutScreen, state);
            return 0;
        });
        return command;
    }

    private static void Show(Screen screen, RunStateView state)
    {
        screen.Line(
            (state.RunId, Tone.Bold),
            ($"  after event {state.Seq}, {state.At.ToString("u", CultureInfo.InvariantCulture)}", Tone.Dim),
            (state.Counts ? "" : "  rolled back since, it counts for nothing", Tone.Warn));
        screen.Line(
            (RunWords.Of(state.Status), Tone.Info),
            ($"  {Format.Plural(state.StepsCount, "step")}, {Format.Count(state.TokensIn)} tokens in, "
                + $"{Format.Count(state.TokensOut)} out, {Format.Money(state.CostMicroUsd)}", Tone.Dim),
            (state.Signals > 0 ? $"  {Format.Plural(state.Signals, "signal")} not waited for" : "", Tone.Dim));
        if (state.Steps.Count > 0) ShowSteps(screen, state.Steps);
        if (state.Program is not { } program) return;
        foreach (var line in PlainText.Of(JsonText.Indented(program)).Split('\n')) screen.Line(line);
    }

    private static void ShowSteps(Screen screen, IReadOnlyList<StepView> steps)
    {
        var table = new ListTable(
            new ListColumn("STEP", IsFlexible: true),
            new ListColumn("OCCURRENCE", Rank: 1, IsNumber: true),
            new ListColumn("PHASE"),
            new ListColumn("FAULT", Rank: 2));
        foreach (var step in steps.TakeLast(StepsShownMax))
        {
            table.Add(
                step.Step,
                $"{step.Occurrence}",
                step.Phase,
                new ListCell(step.FaultCode ?? "", Tone.Bad));
        }

        table.Show(screen);
        if (steps.Count > StepsShownMax)
            screen.Line($"… {Format.Plural(steps.Count - StepsShownMax, "earlier step")} (--json)", Tone.Dim);
    }
}
