using System.CommandLine;
using CodexOS.Cli.Screens;
using CodexOS.Client.Contracts;

namespace CodexOS.Cli.Verbs;

/// <summary><c>codexos sessions</c>: where one is signed in.</summary>
internal static class SessionsVerb
{
    public static Command Create(Terminal terminal, Connections connections) => new(
        "sessions", "See where you are signed in, and end it there")
    {
        List(terminal, connections),
        End(terminal, connections),
    };

    private static Command List(Terminal terminal, Connections connections)
    {
        var (url, json) = (Connections.UrlOption(), CommonOptions.Json());
        var command = new Command("list", "List your sessions, newest first") { json, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var page = await client.ListSessionsAsync(cancellationToken);
            if (parsed.GetValue(json))
            {
                CliJson.Print(terminal, page, CliJson.Documents.OwnSessionPage);
                return 0;
            }

            var table = new ListTable(
                new ListColumn("WHERE"), new ListColumn("SIGNED IN", Rank: 1), new ListColumn("USED"),
                new ListColumn("BY", Rank: 2), new ListColumn("ID"));
            var now = terminal.Clock.GetUtcNow();
            foreach (var each in page.Items)
            {
                table.Add(
                    new ListCell(each.Current ? $"{each.Client} (this one)" : each.Client, Tone.Bold),
                    $"{Format.Age(now - each.CreatedAt)} ago", $"{Format.Age(now - each.LastUsedAt)} ago",
                    each.SingleSignOn ?? "-", each.Id);
            }

            table.Show(terminal.OutScreen);
            return 0;
        });
        return command;
    }

    private static Command End(Terminal terminal, Connections connections)
    {
        var id = new Argument<string?>("ID") { Description = "The session's id: ses_…", Arity = ArgumentArity.ZeroOrOne };
        var others = new Option<bool>("--others") { Description = "End all of your sessions but this one" };
        var (url, code) = (Connections.UrlOption(), CommonOptions.Code());
        var stdin = new Option<bool>("--password-stdin")
        {
            Description = "Read your password from the standard input, if you have no second factor",
        };
        var command = new Command(
            "end", "End a session, or all others; asks for a code of your authenticator, or for your password")
        {
            id, others, code, stdin, url,
        };
        command.Validators.Add(result =>
        {
            if (result.GetValue(id) is null != result.GetValue(others)) result.AddError("Give the id of a session, or --others.");
        });
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var form = new SignInForm(terminal, null, null, null, parsed.GetValue(stdin)) { Code = parsed.GetValue(code) };
            var session = parsed.GetValue(id);
            await ConfirmedAsync(client, form, EndAsync, cancellationToken);
            terminal.OutScreen.Line(
                session is null ? "■ Your other sessions are over" : $"■ {PlainText.LineOf(session)} is over", Tone.Warn);
            return 0;

            Task EndAsync() => session is null
                ? client.EndOtherSessionsAsync(cancellationToken)
                : client.EndSessionAsync(session, cancellationToken);
        });
        return command;
    }

    /// <summary>Does it, and where the server asks who it is, does it again after that was answered.</summary>
    private static async Task ConfirmedAsync(
        CodexOSClient client, SignInForm form, Func<Task> doAsync, CancellationToken cancellationToken)
    {
        try
        {
            await doAsync();
            return;
        }
        catch (CodexOSException asked) when (asked.Code == "identity.password_needed")
        {
            await client.ConfirmPasswordAsync(await form.PasswordAsync("Your password: ", cancellationToken), cancellationToken);
        }
        catch (CodexOSException asked) when (asked.Code == "identity.step_up_needed")
        {
            if (!(await client.GetSecondFactorAsync(cancellationToken)).Enabled)
            {
                throw new CodexOSException(
                    "cli.browser_needed", FaultKind.NotAllowed,
                    "Ending a session asks for a passkey, which only a browser can do. End it there: Settings, Sessions.");
            }

            await client.StepUpAsync(await form.CodeAsync(cancellationToken), cancellationToken);
        }

        await doAsync();
    }
}
