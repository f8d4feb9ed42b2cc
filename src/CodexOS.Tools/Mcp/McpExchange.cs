using System.Text.Json;
using System.Text.Json.Nodes;
using CodexOS.Runs.Contracts;
using CodexOS.Tools.Connections;
using CodexOS.Tools.Contracts;
using static CodexOS.Tools.Connections.JsonReading;

namespace CodexOS.Tools.Mcp;

/// <summary>
/// What a server says and asks while a request is under way. Progress is shown live. What it asks of a person is asked, and
/// the model is told whether there was an answer. What it asks of a model is refused unless the connection allows it.
/// </summary>
/// <param name="call">The call, or null for a refresh.</param>
/// <param name="sampler">The run's model, where the connection lets the server use it.</param>
/// <param name="questions">Asks people, where there is a call.</param>
internal sealed class McpExchange(ToolCall? call, IToolSampler? sampler, McpQuestions? questions = null) : IAsyncDisposable
{
    private const int TextLengthMax = 2_000;
    private const int AskedMax = 20;

    private readonly List<string> _asked = [];
    private readonly Dictionary<string, Open> _open = new(StringComparer.Ordinal);
    private bool _isOver;

    /// <summary>An exchange in which nobody listens.</summary>
    public static McpExchange Silent { get; } = new(null, null);

    /// <summary>Whether the server has said that what it offers has changed.</summary>
    public bool HasChanged { get; private set; }

    /// <summary>What the use of the run's model came to.</summary>
    public EffectUsage? Usage { get; private set; }

    /// <summary>What the server asked for, and what became of that, in words for the model; empty if nothing.</summary>
    public string Asked
    {
        get
        {
            lock (_asked) return string.Join('\n', _asked);
        }
    }

    /// <summary>What the call goes on from after a crash; null if there is nothing that it could go on from.</summary>
    public JsonElement? Continuation { get; set; } = call?.Step?.Continuation;

    /// <summary>What the server may ask of this client.</summary>
    public JsonObject Capabilities()
    {
        var capabilities = new JsonObject { ["elicitation"] = new JsonObject { ["form"] = new JsonObject() } };
        if (sampler is not null) capabilities["sampling"] = new JsonObject();
        return capabilities;
    }

    /// <summary>Takes in a notification.</summary>
    public void Notified(McpIncoming.Notification told)
    {
        switch (told.Method)
        {
            case "notifications/tools/list_changed" or "notifications/prompts/list_changed" or "notifications/resources/list_changed":
                HasChanged = call is not null;
                return;
            case "notifications/cancelled":
                TakeBack(told.Parameters);
                return;
            case "notifications/progress":
                Show(told.Parameters);
                return;
            case "notifications/message":
                if (TextOf(told.Parameters, "data") is { } line) call?.OnDelta($"{PlainText.Line(line, TextLengthMax)}\n");
                return;
        }
    }

    /// <summary>The answer to a request of the server: a member <c>result</c> or <c>error</c>.</summary>
    public async Task<JsonObject> AnswerAsync(string method, JsonElement parameters, CancellationToken cancellationToken)
    {
        switch (method)
        {
            case "ping":
                return new JsonObject { ["result"] = new JsonObject() };
            case McpProtocol.Elicitation:
                var (result, note) = questions is null
                    ? McpQuestions.Declined(parameters, "nobody can be asked here")
                    : await questions.AskAsync(parameters, Continuation, cancellationToken);
                if (call is not null) Note(note);
                return new JsonObject { ["result"] = result };
            case "sampling/createMessage" when sampler is not null && call is not null:
                var written = await sampler.SampleAsync(call, WishOf(parameters), cancellationToken);
                if (!written.TryGet(out var reply, out var fault)) return Error(McpProtocol.Refused, fault.Message);
                Usage = (Usage ?? EffectUsage.None) + (reply.Usage ?? EffectUsage.None);
                return new JsonObject { ["result"] = Message(reply) };
            case "sampling/createMessage":
                if (call is not null) Note("The server asked for text of a model, which its connection does not allow.");
                return Error(McpProtocol.Refused, "Sampling is not allowed to this server.");
            default:
                return Error(McpProtocol.MethodNotFound, "This client does not do that.");
        }
    }

    /// <summary>
    /// Answers a request that a server makes in the middle of its work. One that takes a person is answered beside what else
    /// the server says, until it takes it back or the call is over.
    /// </summary>
    public async Task TakeAsync(
        McpIncoming.Request asked, Func<JsonObject, CancellationToken, Task> reply, CancellationToken cancellationToken)
    {
        if (asked.Method != McpProtocol.Elicitation || questions is null)
        {
            await reply(await AnswerAsync(asked.Method, asked.Parameters, cancellationToken), cancellationToken);
            return;
        }

        lock (_open)
        {
            // A number that is used twice is answered once.
            if (_isOver || _open.ContainsKey(asked.Id.GetRawText())) return;
            var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            _open[asked.Id.GetRawText()] = new Open(stop, ReplyAsync(asked, reply, stop.Token));
        }
    }

    /// <summary>Takes note of a question that nobody is asked, and gives the answer to it.</summary>
    public JsonObject Decline(JsonElement parameters, string why)
    {
        var (result, note) = McpQuestions.Declined(parameters, why);
        if (call is not null) Note(note);
        return new JsonObject { ["result"] = result };
    }

    /// <summary>The call is over: nobody waits for what is still asked.</summary>
    public async ValueTask DisposeAsync()
    {
        List<Open> open;
        lock (_open)
        {
            _isOver = true;
            open = [.. _open.Values];
            _open.Clear();
        }

        foreach (var (stop, answering) in open)
        {
            await stop.CancelAsync();
            await answering.ConfigureAwait(
                ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            stop.Dispose();
        }
    }

    private async Task ReplyAsync(
        McpIncoming.Request asked, Func<JsonObject, CancellationToken, Task> reply, CancellationToken cancellationToken)
    {
        // Whoever reads what the server says goes on meanwhile.
        await Task.Yield();
        await reply(await AnswerAsync(asked.Method, asked.Parameters, cancellationToken), cancellationToken);
    }

    private void TakeBack(JsonElement parameters)
    {
        if (parameters.ValueKind is not JsonValueKind.Object || !parameters.TryGetProperty("requestId", out var id)) return;
        lock (_open)
        {
            if (_open.TryGetValue(id.GetRawText(), out var open)) _ = open.Stop.CancelAsync();
        }
    }

    private void Show(JsonElement progress)
    {
        if (call is null || progress.ValueKind is not JsonValueKind.Object) return;
        var message = TextOf(progress, "message") is { } text ? PlainText.Line(text, TextLengthMax) : null;
        if (message is { Length: > 0 }) call.OnDelta($"{message}\n");
        if (progress.TryGetProperty("progress", out var done) && done.TryGetDouble(out var at) && double.IsFinite(at))
        {
            long? all = progress.TryGetProperty("total", out var total) && total.TryGetDouble(out var end) && double.IsFinite(end)
                ? WholeOf(end) : null;
            call.Step?.OnProgress(new Progress(WholeOf(at), all, "", message));
        }
    }

    private static long WholeOf(double number) => (long)Math.Clamp(number, 0, 1e15);

    private void Note(string words)
    {
        lock (_asked)
        {
            if (_asked.Count < AskedMax && !_asked.Contains(words)) _asked.Add(words);
        }
    }

    private static SamplingWish WishOf(JsonElement parameters)
    {
        var messages = new List<SamplingMessage>();
        if (parameters.ValueKind is JsonValueKind.Object && parameters.TryGetProperty("messages", out var list)
            && list.ValueKind is JsonValueKind.Array)
        {
            foreach (var message in list.EnumerateArray().Take(100))
            {
                if (message.ValueKind is not JsonValueKind.Object || !message.TryGetProperty("content", out var content)) continue;
                var parts = content.ValueKind is JsonValueKind.Array ? content.EnumerateArray().ToList() : [content];
                var text = string.Join('\n', parts.Select(static part => TextOf(part, "text")).OfType<string>());
                messages.Add(new SamplingMessage(TextOf(message, "role") == "assistant", text));
            }
        }

        int? most = parameters.ValueKind is JsonValueKind.Object && parameters.TryGetProperty("maxTokens", out var tokens)
            && tokens.TryGetInt32(out var number) ? number : null;
        return new SamplingWish(TextOf(parameters, "systemPrompt"), messages, most);
    }

    private static JsonObject Message(SamplingReply reply) => new()
    {
        ["role"] = "assistant",
        ["content"] = new JsonObject { ["type"] = "text", ["text"] = reply.Text },
        ["model"] = reply.Model,
        ["stopReason"] = "endTurn",
    };

    private static JsonObject Error(int code, string message) => new()
    {
        ["error"] = new JsonObject { ["code"] = code, ["message"] = message },
    };

    private sealed record Open(CancellationTokenSource Stop, Task Answering);
}
