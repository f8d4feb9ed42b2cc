using System.CommandLine;
using CodexOS.Cli.Screens;

namespace CodexOS.Cli.Verbs;

/// <summary><c>codexos kb update</c>: changes what is said of a knowledge base, and what ranks its passages once more.</summary>
internal static class KnowledgeUpdateVerb
{
    public static Command Create(Terminal terminal, Connections connections)
    {
        var name = new Argument<string>("BASE") { Description = "The knowledge base's name" };
        var description = new Option<string?>("--description", "-d")
        {
            Description = "What is in it; agents that may search it are told",
            HelpName = "TEXT",
        };
        var reranker = new Option<string?>("--reranker")
        {
            Description = "What ranks the best passages of a search once more: a model, as jina:jina-reranker-v2, or none",
            HelpName = "PROVIDER:MODEL",
        };
        var (url, json) = (Connections.UrlOption(), CommonOptions.Json());
        var command = new Command("update", "Change the description or the reranker of a knowledge base")
        {
            name, description, reranker, json, url,
        };
        command.Validators.Add(parsed =>
        {
            if (parsed.GetValue(description) is null && parsed.GetValue(reranker) is null)
                parsed.AddError("Say what shall change: --description or --reranker.");
        });
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var changed = await client.ChangeKnowledgeBaseAsync(
                parsed.GetRequiredValue(name), parsed.GetValue(description), parsed.GetValue(reranker), cancellationToken);
            if (parsed.GetValue(json)) CliJson.Print(terminal, changed, CliJson.Documents.KnowledgeBase);
            else terminal.OutScreen.Line($"✓ {changed.Name} is changed.", Tone.Good);
            return 0;
        });
        return command;
    }
}
