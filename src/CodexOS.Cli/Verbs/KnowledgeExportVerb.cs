using System.CommandLine;
using System.Formats.Tar;
using System.IO.Compression;
using CodexOS.Cli.Screens;
using CodexOS.Client.Contracts;

namespace CodexOS.Cli.Verbs;

/// <summary><c>codexos kb export</c>: writes a knowledge base's documents, with what is said of them, into an archive.</summary>
internal static class KnowledgeExportVerb
{
    public static Command Create(Terminal terminal, Connections connections)
    {
        var name = new Argument<string>("BASE") { Description = "The knowledge base's name" };
        var output = new Option<string>("--output", "-o")
        {
            Description = "Where to write the archive, a tar file, packed if its name ends in .gz or .tgz; what is there is replaced",
            HelpName = "FILE",
            Required = true,
        };
        var url = Connections.UrlOption();
        var command = new Command(
            "export", "Write the documents of a knowledge base that you may read, with metadata, readers, synonyms and boosts, into an archive, unencrypted")
        {
            name, output, url,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var place = await client.GetKnowledgeBaseAsync(parsed.GetRequiredValue(name), cancellationToken);
            var path = Path.Combine(terminal.Directory, parsed.GetRequiredValue(output));
            var (count, gone) = (0, 0);
            var size = await ExportVerb.SaveAsync(
                path,
                async (file, token) =>
                {
                    await using var packed = IsPacked(path)
                        ? new GZipStream(file, CompressionLevel.Optimal, leaveOpen: true)
                        : null;
                    await using var archive = new TarWriter(packed ?? file, TarEntryFormat.Pax, leaveOpen: true);
                    (count, gone) = await WriteAsync(terminal, client, place, archive, token);
                },
                cancellationToken);
            terminal.ErrorScreen.ClearStatus();
            if (gone > 0) terminal.ErrorScreen.Line($"Deleted meanwhile, and not in the archive: {gone}", Tone.Warn);
            terminal.OutScreen.Line($"✓ {path}, {Format.Plural(count, "document")}, {Format.Size(size)}", Tone.Good);
            return 0;
        });
        return command;
    }

    private static async Task<(int Count, int Gone)> WriteAsync(
        Terminal terminal, CodexOSClient client, KnowledgeBase place, TarWriter archive, CancellationToken cancellationToken)
    {
        var (count, gone) = (0, 0);
        await KnowledgeArchive.BeginAsync(
            archive, place, await client.GetSynonymsAsync(place.Name, cancellationToken),
            await client.GetBoostsAsync(place.Name, cancellationToken), terminal.Clock.GetUtcNow(), cancellationToken);
        await foreach (var document in client.ListAllDocumentsAsync(place.Name, state: null, cancellationToken))
        {
            byte[] content;
            try
            {
                content = await client.ReadDocumentFileAsync(place.Name, document.Id, cancellationToken);
            }
            catch (CodexOSException error) when (error.Code == "knowledge.document_not_found")
            {
                gone++;
                continue;
            }

            await KnowledgeArchive.AddAsync(archive, ++count, document, content, cancellationToken);
            terminal.ErrorScreen.Status($"{count} of {place.Documents} documents");
        }

        await KnowledgeArchive.EndAsync(archive, count, terminal.Clock.GetUtcNow(), cancellationToken);
        return (count, gone);
    }

    private static bool IsPacked(string path) =>
        path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) || path.EndsWith(".tgz", StringComparison.OrdinalIgnoreCase);
}
