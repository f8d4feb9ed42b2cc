using System.CommandLine;
using CodexOS.Cli.Runs;
using CodexOS.Cli.Screens;
using CodexOS.Client.Contracts;

namespace CodexOS.Cli.Verbs;

/// <summary><c>codexos run AGENT "task"</c>: uploads the files, starts the run and follows it.</summary>
internal static class RunVerb
{
    private const int TaskLengthMax = 1024 * 1024;

    public static Command Create(Terminal terminal, Connections connections)
    {
        var agent = new Argument<string>("AGENT") { Description = "The agent's name or id" };
        var task = new Argument<string>("TASK") { Description = "What it should do; - reads the standard input" };
        var workspace = new Option<string?>("--workspace", "-w")
        {
            Description = "A folder whose files the agent works on a copy of",
            HelpName = "DIR",
        };
        var sample = new Option<string?>("--sample") { Description = "A sample to work on instead", HelpName = "NAME" };
        var project = new Option<string?>("--project")
        {
            Description = "The project that the copy of the folder or sample lies in; codexos projects list shows yours",
            HelpName = "NAME",
        };
        var model = new Option<string?>("--model")
        {
            Description = "A model instead of the agent's",
            HelpName = "PROVIDER:MODEL",
        };
        var version = new Option<int?>("--agent-version")
        {
            Description = "A version instead of the newest",
            HelpName = "N",
        };
        var detach = new Option<bool>("--detach", "-d") { Description = "Start it and return at once" };
        var yes = new Option<bool>("--yes", "-y") { Description = "Approve everything it asks for" };
        var full = new Option<bool>("--full") { Description = "Show all output of commands" };
        var url = Connections.UrlOption();
        var json = CommonOptions.Json("Print the run as one JSON document when it has ended");
        var command = new Command("run", "Run an agent and follow it")
        {
            agent, task, workspace, sample, project, model, version, detach, yes, full, json, url,
        };
        command.Validators.Add(result =>
        {
            if (result.GetValue(workspace) is not null && result.GetValue(sample) is not null)
                result.AddError("--workspace and --sample exclude each other.");
            if (result.GetValue(project) is not null && (result.GetValue(workspace) ?? result.GetValue(sample)) is null)
                result.AddError("--project says where the copy lies: give --workspace or --sample with it.");
            if (result.GetValue(detach) && result.GetValue(yes))
                result.AddError("--yes needs someone to stay and approve; it cannot go with --detach.");
        });
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var input = parsed.GetRequiredValue(task);
            if (input == "-") input = await LimitedText.ReadAsync(terminal.In, TaskLengthMax, cancellationToken);
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var files = await FilesAsync(
                terminal, client, parsed.GetValue(workspace), parsed.GetValue(sample), parsed.GetValue(project),
                cancellationToken);
            var request = new StartRunRequest(input, parsed.GetValue(model), parsed.GetValue(version), files);
            var run = await client.StartRunAsync(
                parsed.GetRequiredValue(agent), request, idempotencyKey: null, cancellationToken);
            if (parsed.GetValue(detach)) return ShowStarted(terminal, run, parsed.GetValue(json));
            var view = parsed.GetValue(json)
                ? null
                : new RunView(terminal.OutScreen, terminal.Clock, parsed.GetValue(full));
            return await FollowAsync(terminal, client, run, view, parsed.GetValue(yes), cancellationToken);
        });
        return command;
    }

    private static async Task<int> FollowAsync(
        Terminal terminal,
        CodexOSClient client,
        Run run,
        RunView? view,
        bool approveAll,
        CancellationToken cancellationToken)
    {
        var whenAsked = approveAll ? WhenAsked.Approve
            : view is not null && terminal is { CanAsk: true, OutIsTerminal: true } ? WhenAsked.Ask
            : WhenAsked.Tell;
        try
        {
            view?.ShowHead(run);
            var follower = new RunFollower(client, terminal, view, whenAsked);
            var ended = await follower.FollowAsync(run.Id, -1, cancellationToken);
            view?.ShowSummary(ended);
            if (view is null) CliJson.Print(terminal, ended, CliJson.Documents.Run);
            return RunEnd.ExitCodeOf(ended);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            terminal.OutScreen.ClearStatus();
            terminal.ErrorScreen.Line();
            terminal.ErrorScreen.Line("Detached; the run goes on.", Tone.Info);
            terminal.ErrorScreen.Line($"  codexos logs -f {run.Id}   to watch it again", Tone.Dim);
            terminal.ErrorScreen.Line($"  codexos kill {run.Id}      to end it", Tone.Dim);
            return Application.Interrupted;
        }
    }

    private static async Task<WorkspaceChoice?> FilesAsync(
        Terminal terminal, CodexOSClient client, string? folder, string? sample, string? project,
        CancellationToken cancellationToken)
    {
        if (sample is not null)
        {
            // What a run copies by itself lies in no project; what is there before it does.
            return project is null
                ? new WorkspaceChoice(Sample: sample)
                : new WorkspaceChoice((await client.CreateSampleWorkspaceAsync(sample, project, cancellationToken)).Id);
        }

        if (folder is null) return null;
        return new WorkspaceChoice((await WorkspacesVerb.UploadAsync(terminal, client, folder, project, cancellationToken)).Id);
    }

    private static int ShowStarted(Terminal terminal, Run run, bool isJson)
    {
        if (isJson) CliJson.Print(terminal, run, CliJson.Documents.Run);
        else terminal.OutScreen.Line(run.Id);
        return 0;
    }
}
