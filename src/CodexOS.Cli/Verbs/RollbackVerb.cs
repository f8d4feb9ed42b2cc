using System.CommandLine;
using CodexOS.Cli.Runs;
using CodexOS.Cli.Screens;
using CodexOS.Client.Contracts;

namespace CodexOS.Cli.Verbs;

/// <summary>
/// <c>codexos rollback RUN SEQ</c>: 1 asks the server what going back would undo, 2 shows it, 3 asks, 4 does it.
/// </summary>
internal static class RollbackVerb
{
    private const int ShownMax = 50;

    public static Command Create(Terminal terminal, Connections connections)
    {
        var name = CommonOptions.Run();
        var seq = CommonOptions.Seq("The event that it goes back to; see \"codexos checkpoints\"");
        var dryRun = new Option<bool>("--dry-run") { Description = "Only show what would be undone" };
        var yes = new Option<bool>("--yes", "-y") { Description = "Do not ask" };
        var leave = new Option<bool>("--leave") { Description = "Leave what cannot be undone as it is" };
        var goOn = new Option<bool>("--go-on") { Description = "Let it go on afterwards instead of pausing" };
        var note = new Option<string?>("--note") { Description = "Why; the journal keeps it", HelpName = "TEXT" };
        var url = Connections.UrlOption();
        var json = CommonOptions.Json();
        var command = new Command("rollback", "Undo what a run did since one of its events")
        {
            name, seq, dryRun, yes, leave, goOn, note, json, url,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var run = await RunLookup.FindAsync(client, parsed.GetRequiredValue(name), cancellationToken);

            // 1 and 2.
            var plan = await client.PlanRollbackAsync(run.Id, parsed.GetValue(seq), cancellationToken);
            var isJson = parsed.GetValue(json);
            if (!isJson) Show(terminal.OutScreen, run, plan);
            if (parsed.GetValue(dryRun))
            {
                if (isJson) CliJson.Print(terminal, plan, CliJson.Documents.RollbackPlan);
                return 0;
            }

            // 3.
            if (plan.Irreversible.Count > 0 && !parsed.GetValue(leave)) throw Irreversible(plan);
            if (!parsed.GetValue(yes) && !await AgreesAsync(terminal, cancellationToken))
            {
                terminal.ErrorScreen.Line("Nothing was changed.");
                return FaultKind.Cancelled.ExitCode();
            }

            // 4.
            var request = new RollbackRequest(
                parsed.GetValue(seq), parsed.GetValue(note), parsed.GetValue(leave), parsed.GetValue(goOn));
            plan = await client.RollBackRunAsync(run.Id, request, cancellationToken);
            if (isJson) CliJson.Print(terminal, plan, CliJson.Documents.RollbackPlan);
            else terminal.OutScreen.Line($"↶ {run.Id} goes back to event {plan.ToSeq}", Tone.Good);
            return 0;
        });
        return command;
    }

    private static async Task<bool> AgreesAsync(Terminal terminal, CancellationToken cancellationToken)
    {
        if (!terminal.CanAsk)
        {
            throw new CodexOSException(
                "cli.not_confirmed", FaultKind.Invalid, "Nobody is there to ask. Give --yes, or look with --dry-run.");
        }

        var answer = await terminal.AskAsync("Roll back? [y/N] ", isSecret: false, cancellationToken);
        return answer.Trim() is "y" or "Y" or "yes";
    }

    private static void Show(Screen screen, Run run, RollbackPlan plan)
    {
        screen.Line(($"{run.Id}", Tone.Bold), ($"  back to event {plan.ToSeq} of {run.HeadSeq}", Tone.Dim));
        if (plan.Undo.Count + plan.Irreversible.Count == 0)
        {
            screen.Line("Nothing that it did since has to be undone.");
            return;
        }

        List(screen, "Undone, in this order:", plan.Undo, "↶", Tone.Plain);
        List(screen, "Cannot be undone:", plan.Irreversible, "!", Tone.Warn);
    }

    private static void List(Screen screen, string head, IReadOnlyList<UndoneStep> steps, string icon, Tone tone)
    {
        if (steps.Count == 0) return;
        screen.Line(head, tone);
        foreach (var step in steps.Take(ShownMax))
        {
            screen.Line(
                ($"  {icon} ", tone),
                (PlainText.LineOf(step.Step), Tone.Bold),
                ($"  {PlainText.LineOf(step.Effect)}{(step.Occurrence > 1 ? $", occurrence {step.Occurrence}" : "")}",
                    Tone.Dim));
        }

        if (steps.Count > ShownMax)
            screen.Line($"  … {Format.Plural(steps.Count - ShownMax, "more step")} (--json)", Tone.Dim);
    }

    private static CodexOSException Irreversible(RollbackPlan plan) => new(
        "cli.irreversible",
        FaultKind.Conflict,
        $"{Format.Plural(plan.Irreversible.Count, "step")} cannot be undone. Go back to a later event, or give --leave "
            + "to leave what they did as it is.");
}
