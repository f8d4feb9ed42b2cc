using System.CommandLine;
using CodexOS.Cli.Runs;
using CodexOS.Cli.Screens;
using CodexOS.Client.Contracts;

namespace CodexOS.Cli.Verbs;

/// <summary>
/// <c>codexos approve RUN [APPROVAL]</c>: decides what a run asks for, or answers a question. The decision is bound to what
/// is shown with it; if that has changed meanwhile, the server refuses it.
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
        var answer = new Option<string[]>("--answer")
        {
            Description = "A field of the answer to a question; can be given for each field",
            HelpName = "NAME=VALUE",
        };
        var dismiss = new Option<bool>("--dismiss") { Description = "Put a question aside: no answer, and no refusal to give one" };
        var note = new Option<string?>("--note") { Description = "The reason; the agent is told", HelpName = "TEXT" };
        var url = Connections.UrlOption();
        var json = CommonOptions.Json();
        var command = new Command("approve", "Approve or deny what a run asks for")
        {
            name, which, deny, answer, dismiss, note, json, url,
        };
        command.Validators.Add(result =>
        {
            bool[] ways = [result.GetValue(deny), result.GetValue(dismiss), result.GetValue(answer) is { Length: > 0 }];
            if (ways.Count(static way => way) > 1) result.AddError("Give --answer, --deny or --dismiss, and not several of them.");
        });
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var run = await RunLookup.FindAsync(client, parsed.GetRequiredValue(name), cancellationToken);
            var wanted = Choose(run, parsed.GetValue(which));
            if (!parsed.GetValue(json)) Show(terminal.OutScreen, wanted);
            var why = parsed.GetValue(note);
            var words = parsed.GetValue(answer) ?? [];
            var decided = (wanted.Question, parsed.GetValue(deny), parsed.GetValue(dismiss)) switch
            {
                (null, _, true) => throw NoQuestion,
                (null, _, _) when words.Length > 0 => throw NoQuestion,
                (not null, _, true) => await client.DismissAsync(wanted, why, cancellationToken),
                ({ } question, false, _) => await client.AnswerAsync(
                    wanted, QuestionForm.Read(question, words), why, cancellationToken),
                var (_, denies, _) => await client.DecideAsync(
                    run.Id, wanted.Id, !denies, wanted.ArgumentsHash, why, cancellationToken),
            };
            if (parsed.GetValue(json)) CliJson.Print(terminal, decided, CliJson.Documents.Approval);
            else if (parsed.GetValue(dismiss)) terminal.OutScreen.Line("– put aside", Tone.Warn);
            else if (parsed.GetValue(deny)) terminal.OutScreen.Line(wanted.Question is null ? "✗ denied" : "✗ declined", Tone.Bad);
            else terminal.OutScreen.Line(wanted.Question is null ? "✓ approved" : "✓ answered", Tone.Good);
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

    private static CodexOSException NoQuestion { get; } = new(
        "cli.no_question",
        FaultKind.Invalid,
        "This is an approval and no question: decide it without --answer and --dismiss.");

    private static void Show(Screen screen, Approval approval)
    {
        if (approval.Question is { } question) QuestionForm.Show(screen, question);
        screen.Line(
            (PlainText.LineOf(approval.Tool), Tone.Bold), ($"  {PlainText.LineOf(approval.Title)}", Tone.Plain));
        if (approval.Preview?.Diff is { Length: > 0 } diff) DiffText.Show(screen, diff, "    ", DiffLinesMax);
        screen.Line($"    {PlainText.LineOf(approval.Arguments.ToString())}", Tone.Dim);
        if (approval.Why is { Length: > 0 } why) screen.Line($"    ! {PlainText.LineOf(why)}", Tone.Warn);
    }
}
