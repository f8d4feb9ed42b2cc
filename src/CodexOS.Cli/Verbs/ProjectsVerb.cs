using System.CommandLine;
using CodexOS.Cli.Screens;
using CodexOS.Client.Contracts;

namespace CodexOS.Cli.Verbs;

/// <summary>What <c>codexos projects show --json</c> prints.</summary>
internal sealed record ProjectDetail(Project Project, IReadOnlyList<ProjectMember> Members, IReadOnlyList<ProjectThing> Things);

/// <summary><c>codexos projects</c>: some of the tenant's things, and who may do what with them.</summary>
internal static class ProjectsVerb
{
    public static Command Create(Terminal terminal, Connections connections) => new(
        "projects", "Make and change projects: things that belong together, and who may do what with them")
    {
        List(terminal, connections),
        Show(terminal, connections),
        Make(terminal, connections),
        Change(terminal, connections),
        Delete(terminal, connections),
        ProjectMembersVerb.Create(terminal, connections),
        Add(terminal, connections),
        Remove(terminal, connections),
    };

    public static Argument<string> ProjectArgument() => new("PROJECT") { Description = "The project" };

    private static Command List(Terminal terminal, Connections connections)
    {
        var (url, json) = (Connections.UrlOption(), CommonOptions.Json());
        var command = new Command("list", "List the projects that you may see") { json, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var all = await client.ListAllProjectsAsync(cancellationToken).ToListAsync(cancellationToken);
            if (parsed.GetValue(json))
            {
                CliJson.Print(terminal, new Page<Project>(all), CliJson.Documents.ProjectPage);
                return 0;
            }

            var table = new ListTable(
                new ListColumn("NAME"), new ListColumn("MEMBERS", IsNumber: true), new ListColumn("THINGS", IsNumber: true),
                new ListColumn("TITLE", Rank: 1, IsFlexible: true));
            foreach (var each in all)
                table.Add(new ListCell(each.Name, Tone.Bold), $"{each.MembersCount}", $"{each.ThingsCount}", each.Title);
            if (table.Count == 0) terminal.ErrorScreen.Line("There are no projects that you may see.");
            else table.Show(terminal.OutScreen);
            return 0;
        });
        return command;
    }

    private static Command Show(Terminal terminal, Connections connections)
    {
        var name = ProjectArgument();
        var (url, json) = (Connections.UrlOption(), CommonOptions.Json());
        var command = new Command("show", "Show a project with its members and things") { name, json, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var project = await client.GetProjectAsync(parsed.GetRequiredValue(name), cancellationToken);
            var members = await client.ListAllProjectMembersAsync(project.Name, cancellationToken).ToListAsync(cancellationToken);
            var things = await client.ListAllProjectThingsAsync(project.Name, cancellationToken).ToListAsync(cancellationToken);
            if (parsed.GetValue(json))
            {
                CliJson.Print(terminal, new ProjectDetail(project, members, things), CliJson.Documents.ProjectDetail);
                return 0;
            }

            Tell(terminal, project);
            if (members.Count == 0) terminal.ErrorScreen.Line("Nobody belongs to it.");
            else ProjectMembersVerb.Show(terminal, members);
            if (things.Count == 0) terminal.ErrorScreen.Line("Nothing lies in it.");
            foreach (var thing in things) terminal.OutScreen.Line(PlainText.LineOf(thing.Thing));
            return 0;
        });
        return command;
    }

    private static Command Make(Terminal terminal, Connections connections)
    {
        var name = new Argument<string>("NAME") { Description = "Its name: lowercase letters, digits and hyphens" };
        var title = new Option<string?>("--title") { Description = "What it is about, in one line", HelpName = "TEXT" };
        var (url, json) = (Connections.UrlOption(), CommonOptions.Json());
        var command = new Command("create", "Make a project") { name, title, json, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var made = await client.CreateProjectAsync(
                new CreateProject(parsed.GetRequiredValue(name), parsed.GetValue(title) ?? ""), cancellationToken);
            if (parsed.GetValue(json)) CliJson.Print(terminal, made, CliJson.Documents.Project);
            else Tell(terminal, made);
            return 0;
        });
        return command;
    }

    private static Command Change(Terminal terminal, Connections connections)
    {
        var name = ProjectArgument();
        var title = new Option<string>("--title") { Description = "What it is about", HelpName = "TEXT", Required = true };
        var (url, json) = (Connections.UrlOption(), CommonOptions.Json());
        var command = new Command("update", "Change what a project is said to be about") { name, title, json, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var changed = await client.UpdateProjectAsync(
                parsed.GetRequiredValue(name), parsed.GetRequiredValue(title), cancellationToken);
            if (parsed.GetValue(json)) CliJson.Print(terminal, changed, CliJson.Documents.Project);
            else Tell(terminal, changed);
            return 0;
        });
        return command;
    }

    private static Command Delete(Terminal terminal, Connections connections)
    {
        var name = ProjectArgument();
        var url = Connections.UrlOption();
        var command = new Command("delete", "Delete a project; its things stay, and its members lose them") { name, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            await client.DeleteProjectAsync(parsed.GetRequiredValue(name), cancellationToken);
            terminal.OutScreen.Line($"■ {PlainText.LineOf(parsed.GetRequiredValue(name))} is deleted", Tone.Warn);
            return 0;
        });
        return command;
    }

    private static Command Add(Terminal terminal, Connections connections)
    {
        var name = ProjectArgument();
        var thing = ThingArgument();
        var (url, json) = (Connections.UrlOption(), CommonOptions.Json());
        var command = new Command("add", "Put a thing into a project") { name, thing, json, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var put = await client.PutProjectThingAsync(
                parsed.GetRequiredValue(name), parsed.GetRequiredValue(thing), cancellationToken);
            if (parsed.GetValue(json)) CliJson.Print(terminal, put, CliJson.Documents.ProjectThing);
            else
            {
                terminal.OutScreen.Line(
                    $"✓ {PlainText.LineOf(put.Thing)} lies in {PlainText.LineOf(parsed.GetRequiredValue(name))}", Tone.Good);
            }

            return 0;
        });
        return command;
    }

    private static Command Remove(Terminal terminal, Connections connections)
    {
        var name = ProjectArgument();
        var thing = ThingArgument();
        var url = Connections.UrlOption();
        var command = new Command("remove", "Take a thing out of a project; the thing itself stays") { name, thing, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            await client.TakeProjectThingAsync(
                parsed.GetRequiredValue(name), parsed.GetRequiredValue(thing), cancellationToken);
            terminal.OutScreen.Line(
                $"■ {PlainText.LineOf(parsed.GetRequiredValue(thing))} is out of {PlainText.LineOf(parsed.GetRequiredValue(name))}",
                Tone.Warn);
            return 0;
        });
        return command;
    }

    private static Argument<string> ThingArgument() =>
        new("THING") { Description = "What, such as agent:reviewer, knowledge:handbook, connection:pets or workspace:wsp_…" };

    private static void Tell(Terminal terminal, Project project) => terminal.OutScreen.Line(
        (PlainText.LineOf(project.Name), Tone.Bold),
        ($"  {PlainText.LineOf(project.Title)}  members: {project.MembersCount}  things: {project.ThingsCount}", Tone.Dim));
}
