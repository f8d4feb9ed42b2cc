using System.CommandLine;
using CodexOS.Cli.Runs;
using CodexOS.Cli.Screens;
using CodexOS.Client.Contracts;

namespace CodexOS.Cli.Verbs;

/// <summary><c>codexos kb</c>: make knowledge bases, put documents into them, search and ask them.</summary>
internal static class KnowledgeVerb
{
    private const int SearchLimit = 5;

    public static Command Create(Terminal terminal, Connections connections) => new(
        "kb", "Make knowledge bases, put documents into them, search and ask them")
    {
        List(terminal, connections),
        Make(terminal, connections),
        KnowledgeUpdateVerb.Create(terminal, connections),
        Add(terminal, connections),
        Documents(terminal, connections),
        Sync(terminal, connections),
        Move(terminal, connections),
        Embed(terminal, connections),
        KnowledgeSynonymsVerb.Create(terminal, connections),
        KnowledgeBoostsVerb.Create(terminal, connections),
        Search(terminal, connections),
        KnowledgeAskVerb.Create(terminal, connections),
        KnowledgeTestVerb.Create(terminal, connections),
        KnowledgeEvalVerb.Create(terminal, connections),
        KnowledgeExportVerb.Create(terminal, connections),
        KnowledgeImportVerb.Create(terminal, connections),
        Retry(terminal, connections),
        RemoveDocument(terminal, connections),
        Delete(terminal, connections),
        SourceVerb.Create(terminal, connections),
    };

    private static Command List(Terminal terminal, Connections connections)
    {
        var (url, json) = (Connections.UrlOption(), CommonOptions.Json());
        var command = new Command("list", "List the knowledge bases") { json, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var all = await client.ListAllKnowledgeBasesAsync(cancellationToken).ToListAsync(cancellationToken);
            if (parsed.GetValue(json))
            {
                CliJson.Print(terminal, new Page<KnowledgeBase>(all), CliJson.Documents.KnowledgeBasePage);
                return 0;
            }

            var table = new ListTable(
                new ListColumn("NAME"), new ListColumn("DOCUMENTS", IsNumber: true), new ListColumn("WAITING", IsNumber: true, Rank: 1),
                new ListColumn("FAILED", IsNumber: true, Rank: 1), new ListColumn("PASSAGES", IsNumber: true),
                new ListColumn("SIZE", Rank: 2), new ListColumn("STORE", Rank: 2), new ListColumn("MODEL", Rank: 2),
                new ListColumn("RERANKER", Rank: 2), new ListColumn("DESCRIPTION", IsFlexible: true));
            foreach (var each in all)
            {
                table.Add(
                    new ListCell(each.Name, Tone.Bold), $"{each.Documents}", $"{each.Pending}", $"{each.Failed}", $"{each.Passages}",
                    Format.Size(each.SizeBytes), StoreOf(each), each.Model,
                    each.Reranker ?? "", each.Description);
            }

            if (table.Count == 0) terminal.ErrorScreen.Line("There are no knowledge bases. Make one with \"codexos kb create NAME\".");
            else table.Show(terminal.OutScreen);
            return 0;
        });
        return command;
    }

    private static Command Make(Terminal terminal, Connections connections)
    {
        var name = BaseArgument();
        var description = new Option<string?>("--description", "-d")
        {
            Description = "What is in it; agents that may search it are told",
            HelpName = "TEXT",
        };
        var store = new Option<string?>("--store")
        {
            Description = "Where its vectors lie: a store that the operator set up; in the index itself by default",
            HelpName = "STORE",
        };
        var model = new Option<string?>("--model")
        {
            Description = "What makes its vectors: an embedding model, as openai:text-embedding-3-small or builtin:use-lite; the index itself by default",
            HelpName = "PROVIDER:MODEL",
        };
        var reranker = new Option<string?>("--reranker")
        {
            Description = "What ranks the best passages of a search once more: a model, as jina:jina-reranker-v2; nothing by default",
            HelpName = "PROVIDER:MODEL",
        };
        var project = CommonOptions.InProject();
        var (url, json) = (Connections.UrlOption(), CommonOptions.Json());
        var command = new Command("create", "Make an empty knowledge base")
        {
            name, description, store, model, reranker, project, json, url,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var made = await client.CreateKnowledgeBaseAsync(
                new NewKnowledgeBase(parsed.GetRequiredValue(name))
                {
                    Description = parsed.GetValue(description),
                    Store = parsed.GetValue(store),
                    Model = parsed.GetValue(model),
                    Reranker = parsed.GetValue(reranker),
                },
                parsed.GetValue(project), cancellationToken);
            if (parsed.GetValue(json)) CliJson.Print(terminal, made, CliJson.Documents.KnowledgeBase);
            else terminal.OutScreen.Line($"✓ {made.Name} is made. Put files into it with \"codexos kb add {made.Name} FILE…\".", Tone.Good);
            return 0;
        });
        return command;
    }

    private static Command Add(Terminal terminal, Connections connections)
    {
        var name = BaseArgument();
        var paths = new Argument<string[]>("PATH")
        {
            Description = "Files, and folders with all files in them but those whose names begin with a dot",
            Arity = ArgumentArity.OneOrMore,
        };
        var metadata = new Option<string[]>("--metadata", "-m")
        {
            Description = "A pair that searches can ask for; can be repeated",
            HelpName = "KEY=VALUE",
        };
        var defer = new Option<bool>("--defer") { Description = "Only send the files; \"codexos kb sync\" has them read" };
        var (url, json) = (Connections.UrlOption(), CommonOptions.Json("Print the knowledge base as one JSON document at the end"));
        var command = new Command("add", "Add files as documents, and have them read") { name, paths, metadata, defer, json, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var (wanted, pairs) = (parsed.GetRequiredValue(name), parsed.GetValue(metadata) ?? []);
            var files = DocumentFiles.Find(terminal.Directory, parsed.GetRequiredValue(paths));
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var changed = 0;
            foreach (var (path, document) in files)
            {
                var content = await File.ReadAllBytesAsync(path, cancellationToken);
                var added = await client.AddDocumentAsync(
                    wanted, new NewDocument(document, content) { Metadata = pairs }, cancellationToken);
                if (added.Change is not DocumentChange.Unchanged) changed++;
                terminal.ErrorScreen.Line($"  {Word(added.Change)}  {PlainText.LineOf(document)}", Tone.Dim);
            }

            terminal.ErrorScreen.Line($"{changed} of {files.Count} files are new or changed.");
            if (changed > 0 && !parsed.GetValue(defer)) await ReadAsync(terminal, client, wanted, cancellationToken);
            return await TellAsync(terminal, client, wanted, parsed.GetValue(json), cancellationToken);
        });
        return command;
    }

    private static Command Sync(Terminal terminal, Connections connections)
    {
        var name = BaseArgument();
        var (url, json) = (Connections.UrlOption(), CommonOptions.Json("Print the knowledge base as one JSON document at the end"));
        var command = new Command("sync", "Have the documents read that wait, and follow it") { name, json, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            await ReadAsync(terminal, client, parsed.GetRequiredValue(name), cancellationToken);
            return await TellAsync(terminal, client, parsed.GetRequiredValue(name), parsed.GetValue(json), cancellationToken);
        });
        return command;
    }

    private static Command Move(Terminal terminal, Connections connections)
    {
        var name = BaseArgument();
        var store = new Argument<string>("STORE") { Description = "Where its vectors shall lie: a store that the operator set up, or embedded" };
        var (url, json) = (Connections.UrlOption(), CommonOptions.Json("Print the knowledge base as one JSON document at the end"));
        var command = new Command("move", "Move the vectors of a knowledge base to another store, and follow it") { name, store, json, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var wanted = parsed.GetRequiredValue(name);
            var started = await client.MoveKnowledgeBaseAsync(wanted, parsed.GetRequiredValue(store), cancellationToken);
            var ended = await RunFollower.FollowToSuccessAsync(terminal, client, started, cancellationToken);
            if (ended.Output is { } output) terminal.ErrorScreen.Line(PlainText.LineOf(output), Tone.Good);
            return await TellAsync(terminal, client, wanted, parsed.GetValue(json), cancellationToken);
        });
        return command;
    }

    private static Command Embed(Terminal terminal, Connections connections)
    {
        var name = BaseArgument();
        var model = new Argument<string>("MODEL")
        {
            Description = "What shall make its vectors: an embedding model, as openai:text-embedding-3-small or builtin:use-lite, or builtin for the index",
        };
        var (url, json) = (Connections.UrlOption(), CommonOptions.Json("Print the knowledge base as one JSON document at the end"));
        var command = new Command("embed", "Have the vectors of a knowledge base made by another model, and follow it")
        {
            name, model, json, url,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var wanted = parsed.GetRequiredValue(name);
            var started = await client.EmbedKnowledgeBaseAsync(wanted, parsed.GetRequiredValue(model), cancellationToken);
            var ended = await RunFollower.FollowToSuccessAsync(terminal, client, started, cancellationToken);
            if (ended.Output is { } output) terminal.ErrorScreen.Line(PlainText.LineOf(output), Tone.Good);
            return await TellAsync(terminal, client, wanted, parsed.GetValue(json), cancellationToken);
        });
        return command;
    }

    private static Command Documents(Terminal terminal, Connections connections)
    {
        var name = BaseArgument();
        var state = new Option<DocumentState?>("--state") { Description = "Only those in this state: pending, indexed or failed" };
        var (url, json) = (Connections.UrlOption(), CommonOptions.Json());
        var command = new Command("docs", "List the documents of a knowledge base") { name, state, json, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var all = await client.ListAllDocumentsAsync(parsed.GetRequiredValue(name), parsed.GetValue(state), cancellationToken)
                .ToListAsync(cancellationToken);
            if (parsed.GetValue(json))
            {
                CliJson.Print(terminal, new Page<KnowledgeDocument>(all), CliJson.Documents.KnowledgeDocumentPage);
                return 0;
            }

            var table = new ListTable(
                new ListColumn("ID"), new ListColumn("STATE"), new ListColumn("FORMAT", Rank: 1),
                new ListColumn("PASSAGES", IsNumber: true, Rank: 1), new ListColumn("SIZE", Rank: 2),
                new ListColumn("NAME", IsFlexible: true), new ListColumn("WHAT IS WRONG", IsFlexible: true));
            foreach (var each in all)
            {
                table.Add(
                    each.Id, new ListCell(each.State.ToString().ToLowerInvariant(), ToneOf(each.State)), each.Format ?? "",
                    $"{each.Passages}", Format.Size(each.SizeBytes), each.Name, each.FaultMessage ?? "");
            }

            if (table.Count == 0) terminal.ErrorScreen.Line("There are no such documents.");
            else table.Show(terminal.OutScreen);
            return 0;
        });
        return command;
    }

    private static Command Search(Terminal terminal, Connections connections)
    {
        var name = BaseArgument();
        var question = new Argument<string[]>("QUESTION")
        {
            Description = "What is asked; \"in quotes\" a phrase, +word must and -word must not stand there, word^2 counts twice",
            Arity = ArgumentArity.OneOrMore,
        };
        var limit = new Option<int>("--limit", "-n") { Description = $"How many passages; {SearchLimit} by default", HelpName = "N", DefaultValueFactory = _ => SearchLimit };
        var metadata = new Option<string[]>("--metadata", "-m")
        {
            Description = "Only documents with this pair; a key named more than once may have any of the values",
            HelpName = "KEY=VALUE",
        };
        var why = new Option<bool>("--why") { Description = "Show why each passage was found" };
        var (synonyms, boosts) = TuningOptions.Without();
        var (url, json) = (Connections.UrlOption(), CommonOptions.Json());
        var command = new Command("search", "Find the passages that answer a question best")
        {
            name, question, limit, metadata, why, synonyms, boosts, json, url,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var answer = await client.SearchKnowledgeAsync(
                parsed.GetRequiredValue(name), string.Join(' ', parsed.GetRequiredValue(question)), parsed.GetValue(limit),
                DocumentFiles.Pairs(parsed.GetValue(metadata) ?? []),
                new TuningUse(!parsed.GetValue(synonyms), !parsed.GetValue(boosts)), cancellationToken);
            if (parsed.GetValue(json)) CliJson.Print(terminal, answer, CliJson.Documents.SearchAnswer);
            else FoundPassages.Show(terminal, answer, parsed.GetValue(why));
            return 0;
        });
        return command;
    }

    private static Command Retry(Terminal terminal, Connections connections)
    {
        var (name, document, url) = (BaseArgument(), DocumentArgument(), Connections.UrlOption());
        var command = new Command("retry", "Have a document read once more") { name, document, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            await client.RetryDocumentAsync(parsed.GetRequiredValue(name), parsed.GetRequiredValue(document), cancellationToken);
            await ReadAsync(terminal, client, parsed.GetRequiredValue(name), cancellationToken);
            return await TellAsync(terminal, client, parsed.GetRequiredValue(name), isJson: false, cancellationToken);
        });
        return command;
    }

    private static Command RemoveDocument(Terminal terminal, Connections connections)
    {
        var (name, document, url) = (BaseArgument(), DocumentArgument(), Connections.UrlOption());
        var command = new Command("rm", "Delete a document: its passages, its text and its file") { name, document, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            await client.DeleteDocumentAsync(parsed.GetRequiredValue(name), parsed.GetRequiredValue(document), cancellationToken);
            terminal.OutScreen.Line($"■ {PlainText.LineOf(parsed.GetRequiredValue(document))} is deleted", Tone.Warn);
            return 0;
        });
        return command;
    }

    private static Command Delete(Terminal terminal, Connections connections)
    {
        var name = BaseArgument();
        var confirm = new Option<string>("--confirm")
        {
            Description = "The knowledge base's name once more, because this cannot be undone",
            HelpName = "NAME",
            Required = true,
        };
        var abandon = new Option<bool>("--abandon-vectors")
        {
            Description = "Delete it even if a store does not delete its vectors; they stay there",
        };
        var url = Connections.UrlOption();
        var command = new Command("delete", "Delete a knowledge base with all its documents, in backups too") { name, confirm, abandon, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            if (parsed.GetRequiredValue(confirm) != parsed.GetRequiredValue(name))
                throw new CodexOSException("cli.not_confirmed", FaultKind.Invalid, "--confirm must be the name of the knowledge base.");
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            await client.DeleteKnowledgeBaseAsync(parsed.GetRequiredValue(name), parsed.GetValue(abandon), cancellationToken);
            terminal.OutScreen.Line($"■ {PlainText.LineOf(parsed.GetRequiredValue(name))} is deleted", Tone.Warn);
            return 0;
        });
        return command;
    }

    /// <summary>Has the documents read that wait, and follows it.</summary>
    public static async Task ReadAsync(
        Terminal terminal, CodexOSClient client, string name, CancellationToken cancellationToken)
    {
        var started = await client.IngestAsync(name, cancellationToken);
        var ended = await RunFollower.FollowToSuccessAsync(terminal, client, started, cancellationToken);
        if (ended.Output is { } output) terminal.ErrorScreen.Line(PlainText.LineOf(output), Tone.Good);
    }

    /// <summary>Tells what is in a knowledge base.</summary>
    /// <returns>The exit code.</returns>
    public static async Task<int> TellAsync(
        Terminal terminal, CodexOSClient client, string name, bool isJson, CancellationToken cancellationToken)
    {
        var now = await client.GetKnowledgeBaseAsync(name, cancellationToken);
        if (isJson) CliJson.Print(terminal, now, CliJson.Documents.KnowledgeBase);
        else terminal.OutScreen.Line($"{now.Name}: {now.Documents} documents, {now.Passages} passages, {now.Pending} waiting, {now.Failed} failed");
        if (now.Failed > 0)
            terminal.ErrorScreen.Line($"What is wrong: codexos kb docs {now.Name} --state failed", Tone.Warn);
        return 0;
    }

    private static Argument<string> BaseArgument() => new("BASE") { Description = "The knowledge base's name" };

    private static Argument<string> DocumentArgument() => new("DOCUMENT") { Description = "The document's id, doc_…; codexos kb docs lists them" };

    private static ListCell StoreOf(KnowledgeBase place) => place.StoreFault is { } fault
        ? new ListCell($"{place.Store} ({fault})", Tone.Warn)
        : new ListCell(place.Store);

    private static string Word(DocumentChange change) => change.ToString().ToLowerInvariant();

    private static Tone ToneOf(DocumentState state) => state switch
    {
        DocumentState.Indexed => Tone.Good,
        DocumentState.Failed => Tone.Bad,
        _ => Tone.Dim,
    };
}
