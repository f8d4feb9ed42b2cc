using System.CommandLine;
using CodexOS.Cli.Screens;
using CodexOS.Client.Contracts;

namespace CodexOS.Cli.Verbs;

/// <summary><c>codexos approvals</c>: lists what runs wait for a person to approve.</summary>
internal static class ApprovalsVerb
{
    public static Command Create(Terminal terminal, Connections connections)
    {
        var url = Connections.UrlOption();
        var json = CommonOptions.Json();
        var command = new Command("approvals", "List what waits for approval") { json, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var approvals = await client.ListAllApprovalsAsync(ApprovalState.Pending, cancellationToken)
                .ToListAsync(cancellationToken);
            if (parsed.GetValue(json))
            {
                CliJson.Print(terminal, new Page<Approval>(approvals), CliJson.Documents.ApprovalPage);
                return 0;
            }

            if (approvals.Count == 0)
            {
                terminal.ErrorScreen.Line("Nothing waits for approval.");
                return 0;
            }

            Show(terminal, approvals);
            return 0;
        });
        return command;
    }

    private static void Show(Terminal terminal, List<Approval> approvals)
    {
        var table = new ListTable(
            new ListColumn("RUN"),
            new ListColumn("APPROVAL", Rank: 3),
            new ListColumn("TOOL"),
            new ListColumn("AGE", Rank: 2, IsNumber: true),
            new ListColumn("EXPIRES", Rank: 1, IsNumber: true),
            new ListColumn("WHAT", IsFlexible: true));
        var digits = Format.ShortIdDigitsFor(approvals.Select(each => each.RunId).ToHashSet(StringComparer.Ordinal));
        var now = terminal.Clock.GetUtcNow();
        foreach (var approval in approvals)
        {
            table.Add(
                Format.ShortId(approval.RunId, digits),
                approval.Id,
                new ListCell(approval.Tool, Tone.Bold),
                Format.Age(now - approval.RequestedAt),
                $"in {Format.Age(approval.ExpiresAt - now)}",
                approval.Title ?? "");
        }

        table.Show(terminal.OutScreen);
        terminal.ErrorScreen.Line("codexos approve RUN, or codexos approve RUN --deny", Tone.Dim);
    }
}
