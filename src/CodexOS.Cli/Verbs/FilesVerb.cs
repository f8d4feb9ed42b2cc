using System.CommandLine;
using CodexOS.Cli.Screens;
using CodexOS.Client.Contracts;

namespace CodexOS.Cli.Verbs;

/// <summary>
/// <c>codexos files RUN [PATH]</c>: lists a folder of a run's files, or prints a file. To a terminal a file is made
/// safe; to a file or pipe it goes byte by byte.
/// </summary>
internal static class FilesVerb
{
    private const long ShownMax = 1024 * 1024;

    public static Command Create(Terminal terminal, Connections connections)
    {
        var name = new Argument<string>("RUN") { Description = "A run, or the id of a workspace" };
        var path = new Argument<string>("PATH")
        {
            Description = "A folder to list, or a file to print",
            DefaultValueFactory = _ => "",
        };
        var url = Connections.UrlOption();
        var json = CommonOptions.Json();
        var command = new Command("files", "List a run's files, or print one") { name, path, json, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var workspace = await DiffVerb.WorkspaceOfAsync(client, parsed.GetRequiredValue(name), cancellationToken);
            var wanted = (parsed.GetValue(path) ?? "").Trim('/');
            if (wanted == ".") wanted = "";
            var entry = await EntryAsync(client, workspace, wanted, cancellationToken);
            if (entry?.Kind == EntryKind.File)
            {
                await PrintAsync(terminal, client, workspace, entry, cancellationToken);
                return 0;
            }

            var listing = await client.ListFilesAsync(workspace, wanted, cancellationToken);
            if (parsed.GetValue(json)) CliJson.Print(terminal, listing, CliJson.Documents.FolderListing);
            else Show(terminal, listing);
            return 0;
        });
        return command;
    }

    // What a path is stands in the listing of the folder above it.
    private static async Task<FolderEntry?> EntryAsync(
        CodexOSClient client, string workspace, string path, CancellationToken cancellationToken)
    {
        if (path.Length == 0) return null;
        var slash = path.LastIndexOf('/');
        var parent = await client.ListFilesAsync(workspace, slash < 0 ? "" : path[..slash], cancellationToken);
        return parent.Entries.FirstOrDefault(entry => entry.Name == path[(slash + 1)..])
            ?? throw new CodexOSException("sandbox.file_not_found", FaultKind.NotFound, $"There is no {path}.");
    }

    private static async Task PrintAsync(
        Terminal terminal,
        CodexOSClient client,
        string workspace,
        FolderEntry entry,
        CancellationToken cancellationToken)
    {
        if (!terminal.OutIsTerminal)
        {
            await terminal.Out.FlushAsync(cancellationToken);
            await using var raw = terminal.OpenRawOut();
            await client.ReadFileAsync(workspace, entry.Path, raw, cancellationToken);
            return;
        }

        if (entry.SizeBytes > ShownMax)
        {
            throw new CodexOSException(
                "cli.file_too_large",
                FaultKind.TooLarge,
                $"{entry.Path} is {Format.Size(entry.SizeBytes.Value)}, too much for a terminal. Redirect the output.");
        }

        using var content = new MemoryStream();
        await client.ReadFileAsync(workspace, entry.Path, content, cancellationToken);
        var text = System.Text.Encoding.UTF8.GetString(content.GetBuffer(), 0, (int)content.Length);
        terminal.OutScreen.Line(PlainText.Of(text).TrimEnd('\n'));
    }

    private static void Show(Terminal terminal, FolderListing listing)
    {
        if (listing.Entries.Count == 0)
        {
            terminal.ErrorScreen.Line("The folder is empty.");
            return;
        }

        var table = new ListTable(new ListColumn("SIZE", IsNumber: true), new ListColumn("PATH", IsFlexible: true));
        foreach (var entry in listing.Entries)
        {
            table.Add(
                entry.SizeBytes is { } size && entry.Kind == EntryKind.File ? Format.Size(size) : "",
                entry.Kind == EntryKind.Directory ? new ListCell(entry.Path + "/", Tone.Info) : entry.Path);
        }

        table.Show(terminal.OutScreen);
    }
}
