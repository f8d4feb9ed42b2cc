using System.CommandLine;
using CodexOS.Cli.Screens;
using CodexOS.Client.Contracts;

namespace CodexOS.Cli.Verbs;

/// <summary><c>codexos projects members</c>: who belongs to a project, and as what.</summary>
internal static class ProjectMembersVerb
{
    public static Command Create(Terminal terminal, Connections connections) => new(
        "members", "See who belongs to a project, give them roles in it, and take them out")
    {
        List(terminal, connections),
        Set(terminal, connections),
        Remove(terminal, connections),
    };

    public static void Show(Terminal terminal, IReadOnlyList<ProjectMember> members)
    {
        var table = new ListTable(
            new ListColumn("WHO", IsFlexible: true), new ListColumn("ROLE"), new ListColumn("KIND", Rank: 1),
            new ListColumn("ID", Rank: 2));
        foreach (var each in members) table.Add(new ListCell(each.Name, Tone.Bold), each.Role, each.Kind, each.Subject);
        table.Show(terminal.OutScreen);
    }

    private static Command List(Terminal terminal, Connections connections)
    {
        var project = ProjectsVerb.ProjectArgument();
        var (url, json) = (Connections.UrlOption(), CommonOptions.Json());
        var command = new Command("list", "List who belongs to a project") { project, json, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var all = await client.ListAllProjectMembersAsync(parsed.GetRequiredValue(project), cancellationToken)
                .ToListAsync(cancellationToken);
            if (parsed.GetValue(json))
                CliJson.Print(terminal, new Page<ProjectMember>(all), CliJson.Documents.ProjectMemberPage);
            else if (all.Count == 0) terminal.ErrorScreen.Line("Nobody belongs to it.");
            else Show(terminal, all);
            return 0;
        });
        return command;
    }

    private static Command Set(Terminal terminal, Connections connections)
    {
        var project = ProjectsVerb.ProjectArgument();
        var subject = SubjectArgument();
        var role = new Option<string>("--role") { Description = "Their role in the project", HelpName = "ROLE", Required = true };
        var (url, json) = (Connections.UrlOption(), CommonOptions.Json());
        var command = new Command("set", "Let somebody belong to a project, or give them another role in it")
        {
            project, subject, role, json, url,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var set = await client.SetProjectMemberAsync(
                parsed.GetRequiredValue(project), parsed.GetRequiredValue(subject), parsed.GetRequiredValue(role),
                cancellationToken);
            if (parsed.GetValue(json)) CliJson.Print(terminal, set, CliJson.Documents.ProjectMember);
            else
            {
                terminal.OutScreen.Line(
                    $"✓ {PlainText.LineOf(set.Name)} is {PlainText.LineOf(set.Role)} in "
                    + PlainText.LineOf(parsed.GetRequiredValue(project)),
                    Tone.Good);
            }

            return 0;
        });
        return command;
    }

    private static Command Remove(Terminal terminal, Connections connections)
    {
        var project = ProjectsVerb.ProjectArgument();
        var subject = SubjectArgument();
        var url = Connections.UrlOption();
        var command = new Command("remove", "Take somebody out of a project") { project, subject, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            await client.RemoveProjectMemberAsync(
                parsed.GetRequiredValue(project), parsed.GetRequiredValue(subject), cancellationToken);
            terminal.OutScreen.Line(
                $"■ {PlainText.LineOf(parsed.GetRequiredValue(subject))} is out of {PlainText.LineOf(parsed.GetRequiredValue(project))}",
                Tone.Warn);
            return 0;
        });
        return command;
    }

    private static Argument<string> SubjectArgument() =>
        new("ID") { Description = "The member of the tenant or service account, usr_…" };
}
