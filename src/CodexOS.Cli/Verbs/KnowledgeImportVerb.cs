using System.CommandLine;
using System.Net.Http.Headers;
using CodexOS.Cli.Screens;
using CodexOS.Client.Contracts;

namespace CodexOS.Cli.Verbs;

/// <summary><c>codexos kb import</c>: makes a knowledge base of an archive that <c>codexos kb export</c> wrote.</summary>
internal static class KnowledgeImportVerb
{
    public static Command Create(Terminal terminal, Connections connections)
    {
        var file = new Argument<string>("FILE") { Description = "An archive that \"codexos kb export\" wrote" };
        var name = new Argument<string?>("BASE")
        {
            Description = "What the knowledge base shall be called; as it was by default",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var store = new Option<string?>("--store")
        {
            Description = "Where its vectors lie: a store that the operator set up; in the index itself by default",
            HelpName = "STORE",
        };
        var merge = new Option<bool>("--merge")
        {
            Description = "Add to a knowledge base that is there; documents of the same name are replaced",
        };
        var open = new Option<bool>("--without-readers")
        {
            Description = "Let everybody who may read the knowledge base read all of it; the members of another tenant are nobody here",
        };
        var defer = new Option<bool>("--defer") { Description = "Only send the files; \"codexos kb sync\" has them read" };
        var (url, json) = (Connections.UrlOption(), CommonOptions.Json("Print the knowledge base as one JSON document at the end"));
        var command = new Command("import", "Make a knowledge base of an archive, and have its documents read")
        {
            file, name, store, merge, open, defer, json, url,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var path = Path.Combine(terminal.Directory, parsed.GetRequiredValue(file));
            // All of it is verified before anything is changed.
            var (archived, total) = await KnowledgeArchive.ReadAsync(
                path, static (_, _) => Task.CompletedTask, cancellationToken);
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var wanted = parsed.GetValue(name) ?? archived.Name;
            await MakeAsync(
                terminal, client, archived, wanted, parsed.GetValue(store), parsed.GetValue(merge), cancellationToken);
            var (sent, changed) = (0, 0);
            await KnowledgeArchive.ReadAsync(
                path,
                async (document, content) =>
                {
                    var added = await client.AddDocumentAsync(
                        wanted, DocumentOf(document, content, parsed.GetValue(open)), cancellationToken);
                    if (added.Change is not DocumentChange.Unchanged) changed++;
                    terminal.ErrorScreen.Status($"{++sent} of {total} documents");
                },
                cancellationToken);
            terminal.ErrorScreen.ClearStatus();
            terminal.ErrorScreen.Line($"{changed} of {Format.Plural(sent, "document")} are new or changed.");
            if (changed > 0 && !parsed.GetValue(defer))
                await KnowledgeVerb.ReadAsync(terminal, client, wanted, cancellationToken);
            return await KnowledgeVerb.TellAsync(terminal, client, wanted, parsed.GetValue(json), cancellationToken);
        });
        return command;
    }

    private static async Task MakeAsync(
        Terminal terminal, CodexOSClient client, ArchivedBase archived, string name, string? store, bool isMerged,
        CancellationToken cancellationToken)
    {
        try
        {
            await client.CreateKnowledgeBaseAsync(
                new NewKnowledgeBase(name) { Description = archived.Description, Store = store }, cancellationToken);
        }
        catch (CodexOSException error) when (error.Code == "knowledge.base_exists")
        {
            if (isMerged) return;
            throw new CodexOSException(
                error.Code, error.Kind,
                $"There is a knowledge base {name} already. Name another one, or add to it with --merge, which also "
                + "goes on with an import that was broken off.");
        }

        if (archived.Synonyms is { Count: > 0 } rules)
            await TakeOverAsync(terminal, () => client.SetSynonymsAsync(name, rules, cancellationToken));
        if (archived.Boosts is { } boosts)
            await TakeOverAsync(terminal, () => client.SetBoostsAsync(name, boosts, cancellationToken));
    }

    /// <summary>Another server may allow fewer synonyms and boosts: it is told, and documents are taken all the same.</summary>
    private static async Task TakeOverAsync(Terminal terminal, Func<Task> take)
    {
        try
        {
            await take();
        }
        catch (CodexOSException error) when (error.Code is "knowledge.bad_synonyms" or "knowledge.bad_boosts")
        {
            terminal.ErrorScreen.Line($"Not taken over: {PlainText.LineOf(error.Message)} ({error.Code})", Tone.Warn);
        }
    }

    private static NewDocument DocumentOf(ArchivedDocument document, byte[] content, bool isOpen) => new(document.Name, content)
    {
        MediaType = MediaTypeHeaderValue.TryParse(document.MediaType, out _) ? document.MediaType! : "application/octet-stream",
        Metadata = [.. document.Metadata.Select(static pair => $"{pair.Key}={pair.Value}")],
        Readers = isOpen ? [] : document.Readers,
        At = document.At,
    };
}
