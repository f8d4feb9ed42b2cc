using System.CommandLine;
using CodexOS.Cli.Runs;
using CodexOS.Cli.Screens;
using CodexOS.Client.Contracts;

namespace CodexOS.Cli.Verbs;

/// <summary>
/// <c>codexos export WORKSPACE -o FILE</c>: starts an export, follows it, and downloads its archive; with <c>--as</c> what was
/// done, as a patch or a bundle. The file appears under its name once it is whole.
/// </summary>
internal static class ExportVerb
{
    private const string Archive = "archive";

    public static Command Create(Terminal terminal, Connections connections)
    {
        var name = new Argument<string>("WORKSPACE")
        {
            Description = "A workspace's id, or a run whose files are meant",
        };
        var output = new Option<string>("--output", "-o")
        {
            Description = "Where to write the archive; what is there is replaced",
            HelpName = "FILE",
            Required = true,
        };
        var form = new Option<string>("--as")
        {
            Description = "archive: all files; patch: what was done, for git am; diff: the same for git apply; bundle: a branch",
            HelpName = "FORM",
            DefaultValueFactory = static _ => Archive,
        };
        form.AcceptOnlyFromAmong(Archive, "patch", "diff", "bundle");
        var branch = new Option<string?>("--branch") { Description = "What the branch of a bundle is called", HelpName = "NAME" };
        var url = Connections.UrlOption();
        var json = CommonOptions.Json("Print the run as one JSON document when the archive is there");
        var command = new Command("export", "Download all files of a workspace, or what was done in it")
        {
            name, output, form, branch, json, url,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var workspace = await DiffVerb.WorkspaceOfAsync(client, parsed.GetRequiredValue(name), cancellationToken);
            var path = Path.Combine(terminal.Directory, parsed.GetRequiredValue(output));
            if (parsed.GetRequiredValue(form) is var wanted and not Archive)
            {
                var work = Enum.Parse<WorkForm>(wanted, ignoreCase: true);
                var bytes = await SaveAsync(
                    path,
                    (file, token) => client.DownloadWorkAsync(workspace, work, parsed.GetValue(branch), file, token),
                    cancellationToken);
                terminal.OutScreen.Line($"✓ {path}, {Format.Size(bytes)}", Tone.Good);
                return 0;
            }

            var started = await client.StartExportAsync(workspace, idempotencyKey: null, cancellationToken);
            var ended = await FollowAsync(terminal, client, started, cancellationToken);
            if (ended.Status is not RunStatus.Completed)
            {
                var why = ended.Fault ?? new RunFault("cli.export_cancelled", FaultKind.Cancelled, $"{ended.Id} was cancelled.");
                throw new CodexOSException(why.Code, why.Kind, why.Message);
            }

            var size = await SaveAsync(
                path, (file, token) => client.DownloadExportAsync(ended.Id, file, token), cancellationToken);
            if (parsed.GetValue(json)) CliJson.Print(terminal, ended, CliJson.Documents.Run);
            else terminal.OutScreen.Line($"✓ {path}, {Format.Size(size)}", Tone.Good);
            return 0;
        });
        return command;
    }

    private static async Task<Run> FollowAsync(
        Terminal terminal, CodexOSClient client, Run started, CancellationToken cancellationToken)
    {
        terminal.ErrorScreen.Line($"Packing {started.WorkspaceId} as {started.Id}", Tone.Dim);
        var follower = new RunFollower(client, terminal, view: null, WhenAsked.Tell)
        {
            OnEvent = happened =>
            {
                if (happened.Kind != RunEventKinds.StepProgressed) return;
                var progress = happened.Data.Member("progress");
                var (done, total) = (progress.Number("done"), progress.Number("total"));
                terminal.ErrorScreen.Status($"{progress.Text("text")} · {Format.Size(done)} of {Format.Size(total)}");
            },
        };
        try
        {
            return await follower.FollowAsync(started.Id, -1, cancellationToken);
        }
        finally
        {
            terminal.ErrorScreen.ClearStatus();
        }
    }

    /// <summary>Writes a download under its name once it is whole, for nobody else on this machine to read.</summary>
    /// <returns>Its size in bytes.</returns>
    public static async Task<long> SaveAsync(
        string path, Func<Stream, CancellationToken, Task> download, CancellationToken cancellationToken)
    {
        var partial = $"{path}.partial";
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, Share = FileShare.None };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        try
        {
            long size;
            await using (var file = new FileStream(partial, options))
            {
                await download(file, cancellationToken);
                size = file.Length;
            }

            File.Move(partial, path, overwrite: true);
            return size;
        }
        finally
        {
            File.Delete(partial);
        }
    }
}
