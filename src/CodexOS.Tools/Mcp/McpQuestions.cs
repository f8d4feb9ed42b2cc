using System.Text.Json;
using System.Text.Json.Nodes;
using CodexOS.Platform.Http;
using CodexOS.Runs.Contracts;
using CodexOS.Tools.Connections;
using CodexOS.Tools.Contracts;
using static CodexOS.Tools.Connections.JsonReading;

namespace CodexOS.Tools.Mcp;

/// <summary>
/// What the server of a connection asks of people in the middle of one call: (1) the question has to be one that a form can
/// ask, (2) a person is asked, (3) the server gets their answer, and the model gets to know whether there was one.
/// </summary>
internal sealed class McpQuestions(Connection connection, ToolContract contract, ToolCall call, McpOptions options)
{
    private const int MessageLengthMax = 2_000;
    private const int TitleLengthMax = 120;
    private const int ContinuationBytesMax = 65_536;

    private static readonly string[] s_secretWords = ["password", "passphrase", "passcode", "secret", "token", "apikey", "credential", "cvv"];

    private int _count;

    /// <summary>What the server is told, and what the model is.</summary>
    /// <param name="parameters">What the server sent.</param>
    /// <param name="continuation">What the call goes on from after a crash, if it can.</param>
    /// <param name="cancellationToken">The server, or the call, no longer waits.</param>
    public async Task<(JsonObject Result, string Note)> AskAsync(
        JsonElement parameters, JsonElement? continuation, CancellationToken cancellationToken)
    {
        // 1.
        if (call.AskAsync is not { } ask) return Declined(parameters, "nobody can be asked in this call");
        if (TextOf(parameters, "mode") is { } mode and not "form")
        {
            return Declined(parameters, mode == "url"
                ? "it wants a page opened, and only forms are shown here" : "it wants something other than a form");
        }

        var (message, _) = PlainText.Clean(PlainText.Cut(TextOf(parameters, "message") ?? "", MessageLengthMax));
        if (message.Length == 0) return Declined(parameters, "it does not say what it wants to know");
        if (!McpForm.Read(ObjectOf(parameters, "requestedSchema")).TryGet(out var fields, out var bad))
            return Declined(parameters, $"its form cannot be shown: {bad.Message}");
        if (Interlocked.Increment(ref _count) > options.QuestionsMax)
            return Declined(parameters, $"a call may ask {options.QuestionsMax} things (Tools:Mcp:QuestionsMax)");

        // 2.
        var question = new Question(connection.Name, message, fields);
        if (!CanonicalJson.Write(JsonSerializer.SerializeToElement(
            new { Tool = contract.Name, call.Arguments, Question = question }, Json.Options)).TryGet(out var canonical, out _))
        {
            return Declined(parameters, "it has no single meaning");
        }

        var wish = new QuestionWish(
            contract.Name, PlainText.Line($"{connection.Name} asks: {message}", TitleLengthMax), call.Arguments,
            CanonicalJson.Hash(canonical), question, options.AnswerTimeMax)
        {
            Why = Warning(question),
            AnswerLabel = new Label(Integrity.User, contract.Audience is { } audience
                ? Readers.Of([Readers.TenantWord, .. audience.Names]) : Readers.Tenant).ToJson(),
            Continuation = continuation is { } from && from.GetRawText().Length <= ContinuationBytesMax ? from : null,
        };
        if (!(await ask(wish, cancellationToken)).TryGet(out var decided, out var fault))
            return Declined(parameters, fault.Message);

        // 3.
        return decided switch
        {
            { Answer: { Action: QuestionAction.Accept, Content: { } content } } => (
                new JsonObject { ["action"] = "accept", ["content"] = JsonNode.Parse(content.GetRawText()) },
                $"{Asked(parameters)} A person answered it."),
            { Answer.Action: QuestionAction.Decline } => (Reply("decline"), $"{Asked(parameters)} A person declined to answer{NoteOf(decided)}."),
            { By: "expiry" } => (Reply("decline"), $"{Asked(parameters)} Nobody answered in time, so it was declined."),
            _ => (Reply("cancel"), $"{Asked(parameters)} It was put aside without an answer{NoteOf(decided)}."),
        };
    }

    /// <summary>A question that nobody is asked, and why.</summary>
    public static (JsonObject Result, string Note) Declined(JsonElement parameters, string why) => (
        Reply("decline"),
        $"{Asked(parameters)} It was declined, because {why}. Ask the user, and call again with what they say if the tool takes it.");

    private static JsonObject Reply(string action) => new() { ["action"] = action };

    private static string Asked(JsonElement parameters)
    {
        var names = ObjectOf(parameters, "requestedSchema") is { } schema && ObjectOf(schema, "properties") is { } fields
            ? PlainText.Line(string.Join(", ", fields.EnumerateObject().Take(20).Select(static field => field.Name)), 400)
            : "";
        var message = PlainText.Line(TextOf(parameters, "message") ?? "", MessageLengthMax);
        return $"The server asked the user: \"{message}\"{(names.Length == 0 ? "" : $" ({names})")}.";
    }

    private static string NoteOf(ApprovalDecided decided) =>
        decided.Answer is null || string.IsNullOrWhiteSpace(decided.Note) ? "" : $" and wrote: {decided.Note.Trim().TrimEnd('.')}";

    private string Warning(Question question)
    {
        var who = connection.Settings is ConnectionSettings.McpHttp && contract.Audience is { } audience
            ? $"The MCP server of the connection {connection.Name} ({string.Join(", ", audience.Names)})"
            : $"The MCP server of the connection {connection.Name}";
        var warning = $"{who} asks this in the middle of the call and gets your answer. Give it no password, key or token";
        var asksSecret = question.Fields.Any(static field => s_secretWords.Any(word =>
            $"{field.Name} {field.Title}".Replace("_", "", StringComparison.Ordinal).Replace("-", "", StringComparison.Ordinal)
                .Replace(" ", "", StringComparison.Ordinal).Contains(word, StringComparison.OrdinalIgnoreCase)));
        return asksSecret ? $"{warning}; a field looks as if it wanted one, which servers must not do" : warning;
    }
}
