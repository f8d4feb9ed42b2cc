using System.CommandLine;
using CodexOS.Cli.Runs;
using CodexOS.Cli.Screens;
using CodexOS.Client.Contracts;

namespace CodexOS.Cli.Verbs;

/// <summary><c>codexos resolve RUN STEP</c>: decides about a step whose outcome nobody knows.</summary>
internal static class ResolveVerb
{
    public static Command Create(Terminal terminal, Connections connections)
    {
        var name = CommonOptions.Run();
        var step = new Argument<string>("STEP") { Description = "The step in doubt" };
        var retry = new Option<bool>("--retry") { Description = "It did not take place: perform it again" };
        var failed = new Option<bool>("--failed") { Description = "Treat it as failed and go on" };
        var tookPlace = JsonInput.Option("--took-place", "It took place, and this is what it gave");
        var undo = new Option<bool>("--undo") { Description = "Undo whatever it did, then treat it as failed" };
        var note = new Option<string?>("--note") { Description = "Why; the journal keeps it", HelpName = "TEXT" };
        var url = Connections.UrlOption();
        var json = CommonOptions.Json();
        var command = new Command("resolve", "Decide about a step in doubt")
        {
            name, step, retry, failed, tookPlace, undo, note, json, url,
        };
        command.Validators.Add(result =>
        {
            bool[] chosen =
            [
                result.GetValue(retry), result.GetValue(failed), result.GetValue(undo),
                result.GetValue(tookPlace) is not null,
            ];
            if (chosen.Count(each => each) != 1)
                result.AddError("Give one of --retry, --failed, --took-place OUTPUT and --undo.");
        });
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var output = await JsonInput.ReadAsync(
                terminal, "--took-place", parsed.GetValue(tookPlace), cancellationToken);
            var outcome = output is not null ? StepOutcome.TookPlace
                : parsed.GetValue(undo) ? StepOutcome.Compensate
                : parsed.GetValue(retry) ? StepOutcome.Retry
                : StepOutcome.Failed;
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var found = await RunLookup.FindAsync(client, parsed.GetRequiredValue(name), cancellationToken);
            var occurrence = await OccurrenceAsync(client, found.Id, parsed.GetRequiredValue(step), cancellationToken);
            var run = await client.ResolveStepAsync(
                found.Id,
                parsed.GetRequiredValue(step),
                occurrence,
                outcome,
                output,
                parsed.GetValue(note),
                cancellationToken);
            if (parsed.GetValue(json)) CliJson.Print(terminal, run, CliJson.Documents.Run);
            else terminal.OutScreen.Line($"✓ resolved; {run.Id} goes on", Tone.Good);
            return 0;
        });
        return command;
    }

    private static async Task<int> OccurrenceAsync(
        CodexOSClient client, string runId, string step, CancellationToken cancellationToken)
    {
        var inDoubt = new Dictionary<string, int>(StringComparer.Ordinal);
        await foreach (var happened in client.ListAllRunEventsAsync(runId, null, cancellationToken))
        {
            var about = happened.Data.Text("step") ?? "";
            if (happened.Kind == RunEventKinds.StepInDoubt) inDoubt[about] = (int)happened.Data.Number("occurrence");
            if (happened.Kind == RunEventKinds.StepResolved) inDoubt.Remove(about);
        }

        if (inDoubt.TryGetValue(step, out var occurrence)) return occurrence;
        throw new CodexOSException(
            "cli.step_not_in_doubt",
            FaultKind.Conflict,
            inDoubt.Count == 0
                ? $"No step of {runId} is in doubt."
                : $"{PlainText.LineOf(step)} is not in doubt; {PlainText.LineOf(string.Join(", ", inDoubt.Keys))} is.");
    }
}
