using System.CommandLine;
using CodexOS.Cli.Runs;
using CodexOS.Cli.Screens;
using CodexOS.Client.Contracts;

namespace CodexOS.Cli.Verbs;

/// <summary>
/// <c>codexos approve RUN [APPROVAL]</c>: decides what a run asks for. The decision is bound to the arguments that are
/// shown with it; if they have changed meanwhile, the server refuses it.
/// </summary>
internal static class ApproveVerb
{
    private const int DiffLinesMax = 200;

    public static Command Create(Terminal terminal, Connections connections)
    {
        var name = CommonOptions.Run();
        var which = new Argument<string?>("APPROVAL")
        {
            Description = "Which request, if the run has several",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var deny = new Option<bool>("--deny") { Description = "Deny it" };
        var note = new Option<string?>("--note") { Description = "The reason; the agent is told", HelpName = "TEXT" };
        var url = Connections.UrlOption();
        var json = CommonOptions.Json();
        var command = new Command("approve", "Approve or deny what a run asks for")
        {
            name, which, deny, note, json, url,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var run = await RunLookup.FindAsync(client, parsed.GetRequiredValue(name), cancellationToken);
            var wanted = Choose(run, parsed.GetValue(which));
            if (!parsed.GetValue(json)) Show(terminal.OutScreen, wanted);
            var decided = await client.DecideAsync(
                run.Id,
                wanted.Id,
                !parsed.GetValue(deny),
                wanted.ArgumentsHash,
                parsed.GetValue(note),
                cancellationToken);
            if (parsed.GetValue(json)) CliJson.Print(terminal, decided, CliJson.Documents.Approval);
            else if (parsed.GetValue(deny)) terminal.OutScreen.Line("✗ denied", Tone.Bad);
            else terminal.OutScreen.Line("✓ approved", Tone.Good);
            return 0;
        });
        return command;
    }

    private static Approval Choose(Run run, string? approvalId)
    {
        var pending = run.PendingApprovals;
        if (approvalId is not null)
        {
            return pending.FirstOrDefault(each => each.Id == approvalId)
                ?? throw new CodexOSException(
                    "cli.approval_not_pending", FaultKind.NotFound, $"{run.Id} does not wait for {approvalId}.");
        }

        return pending.Count switch
        {
            1 => pending[0],
            0 => throw new CodexOSException(
                "cli.nothing_to_approve",
                FaultKind.Conflict,
                $"{run.Id} does not wait for an approval; it is {run.Status.ToString().ToLowerInvariant()}."),
            _ => throw new CodexOSException(
                "cli.several_approvals",
                FaultKind.Invalid,
                $"{run.Id} waits for several approvals; name one: "
                    + string.Join(", ", pending.Select(each => $"{each.Id} ({each.Title ?? each.Tool})"))),
        };
    }

    private static void Show(Screen screen, Approval approval)
    {
        screen.Line(
            (PlainText.LineOf(approval.Tool), Tone.Bold), ($"  {PlainText.LineOf(approval.Title)}", Tone.Plain));
        if (approval.Preview?.Diff is { Length: > 0 } diff) DiffText.Show(screen, diff, "    ", DiffLinesMax);
        screen.Line($"    {PlainText.LineOf(approval.Arguments.ToString())}", Tone.Dim);
        if (approval.Why is { Length: > 0 } why) screen.Line($"    ! {PlainText.LineOf(why)}", Tone.Warn);
    }
}
