using System.CommandLine;
using CodexOS.Cli.Screens;
using CodexOS.Client.Contracts;

namespace CodexOS.Cli.Verbs;

/// <summary><c>codexos workspaces</c>: folders of files that runs work on, made and changed by hand.</summary>
internal static class WorkspacesVerb
{
    private const int FileBytesMax = 64 * 1024 * 1024;

    public static Command Create(Terminal terminal, Connections connections) => new(
        "workspaces", "Make workspaces, change their files, apply patches")
    {
        Make(terminal, connections),
        Show(terminal, connections),
        Versions(terminal, connections),
        Put(terminal, connections),
        Remove(terminal, connections),
        Apply(terminal, connections),
    };

    private static Command Make(Terminal terminal, Connections connections)
    {
        var folder = new Argument<string?>("DIR|BUNDLE")
        {
            Description = "A folder to upload, which is never changed itself; or a file that git bundle wrote",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var branch = new Option<string?>("--branch") { Description = "Which branch of a bundle", HelpName = "NAME" };
        var sample = new Option<string?>("--sample") { Description = "A sample that the server has", HelpName = "NAME" };
        var project = CommonOptions.InProject();
        var (url, json) = (Connections.UrlOption(), CommonOptions.Json());
        var command = new Command("create", "Make a workspace of a folder, a git bundle or a sample, and print its id")
        {
            folder, branch, sample, project, json, url,
        };
        command.Validators.Add(result =>
        {
            if (result.GetValue(folder) is null == result.GetValue(sample) is null)
                result.AddError("Give a folder or a bundle, or --sample and its name.");
        });
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var made = parsed.GetValue(sample) is { } name
                ? await client.CreateSampleWorkspaceAsync(name, parsed.GetValue(project), cancellationToken)
                : File.Exists(Path.Combine(terminal.Directory, parsed.GetRequiredValue(folder)!))
                ? await client.UploadBundleAsync(
                    await ReadAsync(terminal, parsed.GetRequiredValue(folder)!, cancellationToken),
                    parsed.GetValue(branch),
                    parsed.GetValue(project),
                    cancellationToken)
                : await UploadAsync(
                    terminal, client, parsed.GetRequiredValue(folder)!, parsed.GetValue(project), cancellationToken);
            if (parsed.GetValue(json)) CliJson.Print(terminal, made, CliJson.Documents.Workspace);
            else terminal.OutScreen.Line(made.Id);
            return 0;
        });
        return command;
    }

    private static Command Show(Terminal terminal, Connections connections)
    {
        var id = Workspace();
        var (url, json) = (Connections.UrlOption(), CommonOptions.Json());
        var command = new Command("show", "Show how large a workspace is and what it was made of") { id, json, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var it = await client.GetWorkspaceAsync(parsed.GetRequiredValue(id), cancellationToken);
            if (parsed.GetValue(json)) CliJson.Print(terminal, it, CliJson.Documents.Workspace);
            else
            {
                terminal.OutScreen.Line((it.Id, Tone.Bold), ($"  {Format.Plural(it.FilesCount, "file")}, {Format.Size(it.SizeBytes)}, "
                    + $"{PlainText.LineOf(it.Origin ?? "")}, {Format.Age(terminal.Clock.GetUtcNow() - it.CreatedAt)} old", Tone.Dim));
            }

            return 0;
        });
        return command;
    }

    private static Command Versions(Terminal terminal, Connections connections)
    {
        var id = Workspace();
        var (url, json) = (Connections.UrlOption(), CommonOptions.Json());
        var command = new Command("versions", "List the versions of a workspace that are kept, newest first") { id, json, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var all = await client.ListVersionsAsync(parsed.GetRequiredValue(id), cancellationToken);
            if (parsed.GetValue(json))
            {
                CliJson.Print(terminal, new Page<WorkspaceVersion>(all), CliJson.Documents.WorkspaceVersionPage);
                return 0;
            }

            var table = new ListTable(
                new ListColumn("VERSION", IsNumber: true), new ListColumn("SIZE", IsNumber: true), new ListColumn("NAME", IsFlexible: true));
            foreach (var one in all)
            {
                table.Add(
                    new ListCell($"{one.Number}", one.IsCurrent ? Tone.Bold : Tone.Plain),
                    Format.Size(one.SizeBytes),
                    one.IsCurrent ? $"{one.Name} (current)" : one.Name);
            }

            table.Show(terminal.OutScreen);
            return 0;
        });
        return command;
    }

    private static Command Put(Terminal terminal, Connections connections)
    {
        var (id, path) = (Workspace(), PathInside());
        var source = new Argument<string>("FILE") { Description = "The file to copy there; - for the standard input" };
        var isNew = new Option<bool>("--new") { Description = "Refuse if something is there already" };
        var over = new Option<string?>("--over")
        {
            Description = "Refuse unless what is there has this SHA-256, so that nobody's change is lost",
            HelpName = "SHA256",
        };
        var (url, json) = (Connections.UrlOption(), CommonOptions.Json());
        var command = new Command("put", "Write a file of a workspace") { id, path, source, isNew, over, json, url };
        command.Validators.Add(result =>
        {
            if (result.GetValue(isNew) && result.GetValue(over) is not null)
                result.AddError("--new and --over exclude each other.");
        });
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var condition = parsed.GetValue(isNew) ? WriteCondition.IfNew
                : parsed.GetValue(over) is { } hash ? WriteCondition.IfContentIs(hash)
                : WriteCondition.Always;
            var content = await ReadAsync(terminal, parsed.GetRequiredValue(source), cancellationToken);
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var written = await client.WriteFileAsync(
                parsed.GetRequiredValue(id), parsed.GetRequiredValue(path), content, condition, cancellationToken);
            if (parsed.GetValue(json)) CliJson.Print(terminal, written, CliJson.Documents.WrittenFile);
            else
            {
                terminal.OutScreen.Line(
                    ($"✓ {PlainText.LineOf(written.Path)}", Tone.Good),
                    ($"  {Format.Size(written.SizeBytes)}, {(written.Created ? "new" : "changed")}, {written.Sha256}", Tone.Dim));
            }

            return 0;
        });
        return command;
    }

    private static Command Remove(Terminal terminal, Connections connections)
    {
        var (id, path) = (Workspace(), PathInside());
        var url = Connections.UrlOption();
        var command = new Command("rm", "Remove a file of a workspace") { id, path, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            await client.RemoveFileAsync(parsed.GetRequiredValue(id), parsed.GetRequiredValue(path), cancellationToken);
            terminal.OutScreen.Line($"■ {PlainText.LineOf(parsed.GetRequiredValue(path))} is removed", Tone.Warn);
            return 0;
        });
        return command;
    }

    private static Command Apply(Terminal terminal, Connections connections)
    {
        var id = Workspace();
        var source = new Argument<string>("FILE") { Description = "The patch, as git writes it; - for the standard input" };
        var commit = new Option<bool>("--commit") { Description = "Make a commit of each mail of the patch" };
        var (url, json) = (Connections.UrlOption(), CommonOptions.Json());
        var command = new Command("apply", "Apply a patch to a workspace, all of it or nothing") { id, source, commit, json, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var patch = await ReadAsync(terminal, parsed.GetRequiredValue(source), cancellationToken);
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var diff = await client.ApplyPatchAsync(
                parsed.GetRequiredValue(id), patch, parsed.GetValue(commit), idempotencyKey: null, cancellationToken);
            if (parsed.GetValue(json)) CliJson.Print(terminal, diff, CliJson.Documents.WorkspaceDiff);
            else DiffVerb.Summarise(terminal.OutScreen, diff);
            return 0;
        });
        return command;
    }

    /// <summary>Uploads a folder, and says how much that is.</summary>
    public static async Task<Workspace> UploadAsync(
        Terminal terminal, CodexOSClient client, string folder, string? project, CancellationToken cancellationToken)
    {
        using var packed = await FolderPacker.PackAsync(
            Path.Combine(terminal.Directory, folder), new PackLimits(), cancellationToken);
        terminal.ErrorScreen.Line(
            $"Uploading {Format.Plural(packed.FilesCount, "file")}, {Format.Size(packed.SizeBytes)}", Tone.Dim);
        return await client.UploadWorkspaceAsync(packed, project, cancellationToken);
    }

    private static Argument<string> Workspace() => new("WORKSPACE") { Description = "The workspace's id" };

    private static Argument<string> PathInside() => new("PATH") { Description = "The file, from the top of the workspace" };

    private static async Task<byte[]> ReadAsync(Terminal terminal, string name, CancellationToken cancellationToken)
    {
        if (name != "-")
        {
            var file = new FileInfo(Path.Combine(terminal.Directory, name));
            if (!file.Exists)
                throw new CodexOSException("cli.no_such_file", FaultKind.NotFound, $"There is no file {name}.");
            if (file.Length > FileBytesMax) throw TooLarge(name);
            return await File.ReadAllBytesAsync(file.FullName, cancellationToken);
        }

        await using var input = terminal.OpenRawIn();
        using var content = new MemoryStream();
        var buffer = new byte[64 * 1024];
        int count;
        while ((count = await input.ReadAsync(buffer, cancellationToken)) > 0)
        {
            if (content.Length + count > FileBytesMax) throw TooLarge("The standard input");
            content.Write(buffer, 0, count);
        }

        return content.ToArray();
    }

    private static CodexOSException TooLarge(string what) =>
        new("cli.file_too_large", FaultKind.TooLarge, $"{what} is larger than {Format.Size(FileBytesMax)}.");
}
