using System.CommandLine;
using CodexOS.Cli.Screens;
using CodexOS.Client.Contracts;

namespace CodexOS.Cli.Verbs;

/// <summary><c>codexos access</c>: who can do what, permissions on single things, and the review of all access.</summary>
internal static class AccessVerb
{
    public static Command Create(Terminal terminal, Connections connections) => new(
        "access", "Ask who can do what, grant permissions on single things, export the access review")
    {
        Who(terminal, connections),
        Grants(terminal, connections),
        Give(terminal, connections),
        Take(terminal, connections),
        Review(terminal, connections),
    };

    private static Command Who(Terminal terminal, Connections connections)
    {
        var permission = new Argument<string>("PERMISSION") { Description = "What, for instance runs:start" };
        var on = OnOption("With which one thing, such as agent:reviewer");
        var (url, json) = (Connections.UrlOption(), CommonOptions.Json());
        var command = new Command("who", "List who can do something, and by what") { permission, on, json, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var all = await client.ListAllAccessAsync(
                parsed.GetRequiredValue(permission), parsed.GetValue(on), cancellationToken).ToListAsync(cancellationToken);
            if (parsed.GetValue(json))
            {
                CliJson.Print(terminal, new Page<AccessHolder>(all), CliJson.Documents.AccessHolderPage);
                return 0;
            }

            var table = new ListTable(
                new ListColumn("WHO"), new ListColumn("ID", Rank: 2), new ListColumn("ROLE"),
                new ListColumn("BY", IsFlexible: true));
            foreach (var each in all)
            {
                IEnumerable<string> ways = each.ByRole ? ["role"] : [];
                table.Add(
                    new ListCell(each.Name, Tone.Bold), each.Subject, each.Role,
                    string.Join(", ", ways.Concat(each.ByGrants.Select(grant => $"grant on {grant.Resource}"))
                        .Concat(each.ByProjects.Select(project => $"{project.Role} in project {project.Project}"))));
            }

            if (table.Count == 0) terminal.ErrorScreen.Line("Nobody can.");
            else table.Show(terminal.OutScreen);
            return 0;
        });
        return command;
    }

    private static Command Grants(Terminal terminal, Connections connections)
    {
        var subject = new Option<string?>("--to") { Description = "Only of this member or service account", HelpName = "ID" };
        var on = OnOption("Only on this thing, such as agent:reviewer");
        var (url, json) = (Connections.UrlOption(), CommonOptions.Json());
        var command = new Command("grants", "List what was granted on single things, newest first") { subject, on, json, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var all = await client.ListAllGrantsAsync(parsed.GetValue(subject), parsed.GetValue(on), cancellationToken)
                .ToListAsync(cancellationToken);
            if (parsed.GetValue(json))
            {
                CliJson.Print(terminal, new Page<Grant>(all), CliJson.Documents.GrantPage);
                return 0;
            }

            var table = new ListTable(
                new ListColumn("ID"), new ListColumn("WHO"), new ListColumn("PERMISSION"),
                new ListColumn("ON", IsFlexible: true));
            foreach (var each in all)
                table.Add(each.Id, new ListCell(each.SubjectName, Tone.Bold), each.Permission, each.Resource);
            if (table.Count == 0) terminal.ErrorScreen.Line("Nothing was granted on single things.");
            else table.Show(terminal.OutScreen);
            return 0;
        });
        return command;
    }

    private static Command Give(Terminal terminal, Connections connections)
    {
        var subject = new Argument<string>("ID") { Description = "The member or service account, usr_…" };
        var permission = new Argument<string>("PERMISSION") { Description = "What, for instance runs:start" };
        var resource = new Argument<string>("RESOURCE") { Description = "On what, such as agent:reviewer" };
        var (url, json) = (Connections.UrlOption(), CommonOptions.Json());
        var command = new Command("grant", "Grant a permission on one thing") { subject, permission, resource, json, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var made = await client.CreateGrantAsync(
                new CreateGrant(
                    parsed.GetRequiredValue(subject), parsed.GetRequiredValue(resource), parsed.GetRequiredValue(permission)),
                cancellationToken);
            if (parsed.GetValue(json)) CliJson.Print(terminal, made, CliJson.Documents.Grant);
            else
            {
                terminal.OutScreen.Line(
                    $"✓ {made.Id}: {PlainText.LineOf(made.SubjectName)} has {made.Permission} on {PlainText.LineOf(made.Resource)}",
                    Tone.Good);
            }

            return 0;
        });
        return command;
    }

    private static Command Take(Terminal terminal, Connections connections)
    {
        var id = new Argument<string>("GRANT") { Description = "The grant, grt_…" };
        var url = Connections.UrlOption();
        var command = new Command("revoke", "Take back what was granted") { id, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            await client.DeleteGrantAsync(parsed.GetRequiredValue(id), cancellationToken);
            terminal.OutScreen.Line($"■ {PlainText.LineOf(parsed.GetRequiredValue(id))} is taken back", Tone.Warn);
            return 0;
        });
        return command;
    }

    private static Command Review(Terminal terminal, Connections connections)
    {
        var csv = new Option<bool>("--csv") { Description = "As comma-separated values instead of JSON" };
        var output = new Option<string?>("--output", "-o") { Description = "Where to write it", HelpName = "FILE" };
        var url = Connections.UrlOption();
        var command = new Command("review", "Export all access at once: members, service accounts, grants, projects, API keys, applications")
        {
            csv, output, url,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var format = parsed.GetValue(csv) ? "csv" : "json";
            if (parsed.GetValue(output) is { } path)
            {
                await using var file = File.Create(Path.Combine(terminal.Directory, path));
                await client.ExportAccessReviewAsync(format, file, cancellationToken);
                return 0;
            }

            await using var raw = terminal.OpenRawOut();
            await client.ExportAccessReviewAsync(format, raw, cancellationToken);
            return 0;
        });
        return command;
    }

    private static Option<string?> OnOption(string description) =>
        new("--on") { Description = description, HelpName = "RESOURCE" };
}
