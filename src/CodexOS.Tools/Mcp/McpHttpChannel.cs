using System.Net;
using System.Net.Http.Headers;
using System.Net.ServerSentEvents;
using System.Text;
using System.Text.Json.Nodes;
using CodexOS.Platform.Egress;
using CodexOS.Platform.Faults;
using CodexOS.Tools.Connections;

namespace CodexOS.Tools.Mcp;

/// <summary>
/// A server over streamable HTTP: each message is a request of its own through the guard, and its answer is a JSON document
/// or a stream of events that ends with the answer. It lives as long as one step; what outlives it is the session.
/// </summary>
internal sealed class McpHttpChannel(
    EgressSession network, Uri address, EgressClientSettings settings, McpHttpSession session, int messagesMax,
    TimeProvider clock)
    : IMcpChannel
{
    private static readonly TimeSpan CallOffTimeMax = TimeSpan.FromSeconds(5);
    private const int SessionIdLengthMax = 512;

    public long NextId() => session.NextId();

    public void Speak(string version) => session.Version = version;

    public async Task<Result<McpAnswer>> RequestAsync(
        McpRequest request, McpExchange exchange, CancellationToken cancellationToken)
    {
        try
        {
            var sent = await PostAsync(McpProtocol.Message(request), request, cancellationToken);
            if (!sent.TryGet(out var response, out var fault)) return fault;
            using (response) return await ReadAsync(response, request, exchange, cancellationToken);
        }
        catch (HttpRequestException error) when (EgressFaults.Of(error) is { } fault)
        {
            // It broke off while it was read; before that, the guard answers with the fault itself.
            return fault.Code == "egress.unreachable" ? McpFaults.BrokenOff : fault;
        }
        catch (OperationCanceledException) when (session.Version != McpProtocol.Modern)
        {
            // Later revisions take the closed stream for it.
            await CallOffAsync(request);
            throw;
        }
    }

    public async Task<Result<Done>> NotifyAsync(JsonObject notification, CancellationToken cancellationToken)
    {
        var sent = await PostAsync(notification, null, cancellationToken);
        if (!sent.TryGet(out var response, out var fault)) return fault;
        using (response)
            return response.IsSuccessStatusCode ? Done.Value : McpFaults.Refused((int)response.StatusCode);
    }

    /// <summary>Ends the session at the server; one that cannot is left to forget it.</summary>
    public async Task EndAsync(CancellationToken cancellationToken)
    {
        if (session.Id is null) return;
        using var request = new HttpRequestMessage(HttpMethod.Delete, address);
        AddHeaders(request, null);
        if ((await network.SendAsync(request, settings, cancellationToken)).TryGet(out var response, out _)) response.Dispose();
    }

    private async Task<Result<HttpResponseMessage>> PostAsync(
        JsonObject message, McpRequest? about, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, address)
        {
            Content = new ByteArrayContent(McpProtocol.Write(message)),
        };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        AddHeaders(request, about);
        return await network.SendAsync(request, settings, cancellationToken);
    }

    private void AddHeaders(HttpRequestMessage request, McpRequest? about)
    {
        request.Headers.TryAddWithoutValidation("Accept", "application/json, text/event-stream");
        if (about?.Method != "initialize") request.Headers.TryAddWithoutValidation("MCP-Protocol-Version", session.Version);
        if (session.Id is { } id) request.Headers.TryAddWithoutValidation("Mcp-Session-Id", id);
        if (about is null || session.Version != McpProtocol.Modern) return;
        request.Headers.TryAddWithoutValidation("Mcp-Method", about.Method);
        if (about.Name is { } name) request.Headers.TryAddWithoutValidation("Mcp-Name", McpHeaders.Encode(name));
        foreach (var (header, value) in about.Headers)
            request.Headers.TryAddWithoutValidation($"Mcp-Param-{header}", McpHeaders.Encode(value));
    }

    private async Task<Result<McpAnswer>> ReadAsync(
        HttpResponseMessage response, McpRequest request, McpExchange exchange, CancellationToken cancellationToken)
    {
        if (request.Method == "initialize" && response.Headers.TryGetValues("Mcp-Session-Id", out var ids)
            && string.Concat(ids) is { Length: > 0 and <= SessionIdLengthMax } id
            && id.All(static character => character is > ' ' and <= '~'))
        {
            session.Id = id;
        }

        var status = (int)response.StatusCode;
        var media = response.Content.Headers.ContentType?.MediaType?.ToLowerInvariant();
        if (response.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden) return McpFaults.Unauthorized(status);
        if (response.StatusCode is HttpStatusCode.NotFound && session.Id is not null && session.Version != McpProtocol.Modern)
            return McpFaults.SessionLost;
        if (response.IsSuccessStatusCode && media == "text/event-stream")
            return await ReadEventsAsync(response, request, exchange, cancellationToken);
        if (media is not "application/json")
        {
            return response.IsSuccessStatusCode
                ? McpFaults.BadAnswer($"it comes as {(media is null ? "nothing" : PlainText.Line(media, 60))}")
                : McpFaults.Refused(status);
        }

        var body = await response.Content.ReadAsByteArrayAsync(cancellationToken);
        if (Parse(body) is McpIncoming.Response answer && answer.IsFor(request.Id)) return answer.Answer;
        return response.IsSuccessStatusCode ? McpFaults.BadAnswer("it does not answer the request") : McpFaults.Refused(status);
    }

    private async Task<Result<McpAnswer>> ReadEventsAsync(
        HttpResponseMessage response, McpRequest request, McpExchange exchange, CancellationToken cancellationToken)
    {
        await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        var messages = 0;
        await foreach (var item in SseParser.Create(stream).EnumerateAsync(cancellationToken))
        {
            if (item.Data.Length == 0) continue;
            if (++messages > messagesMax)
                return McpFaults.TooMany("messages before its answer", messagesMax, $"{McpOptions.Section}:{nameof(McpOptions.MessagesMax)}");
            switch (Parse(Encoding.UTF8.GetBytes(item.Data)))
            {
                case McpIncoming.Response answer when answer.IsFor(request.Id):
                    return answer.Answer;
                case McpIncoming.Notification told:
                    exchange.Notified(told);
                    break;
                case McpIncoming.Request asked when session.Version != McpProtocol.Modern:
                    await exchange.TakeAsync(asked, (answer, token) => ReplyAsync(asked, answer, token), cancellationToken);
                    break;
                case null:
                    return McpFaults.BadAnswer("an event of it holds no message");
            }
        }

        return McpFaults.BrokenOff;
    }

    private async Task ReplyAsync(McpIncoming.Request asked, JsonObject answer, CancellationToken cancellationToken)
    {
        answer["jsonrpc"] = "2.0";
        answer["id"] = JsonNode.Parse(asked.Id.GetRawText());
        // If it does not arrive the server gives up by itself, and that is its answer to the call.
        if ((await PostAsync(answer, null, cancellationToken)).TryGet(out var response, out _)) response.Dispose();
    }

    private async Task CallOffAsync(McpRequest request)
    {
        using var timeUp = new CancellationTokenSource(CallOffTimeMax, clock);
        try
        {
            await NotifyAsync(
                McpProtocol.Notification("notifications/cancelled", new JsonObject { ["requestId"] = request.Id }), timeUp.Token);
        }
        catch (Exception late) when (late is OperationCanceledException or HttpRequestException or ObjectDisposedException)
        {
            // The server does not hear that nobody waits any more.
        }
    }

    private static McpIncoming? Parse(byte[] message) =>
        JsonReading.Parse(message) is { } json ? McpProtocol.Read(json) : null;
}

/// <summary>What outlives a step of a session over HTTP.</summary>
internal sealed class McpHttpSession
{
    private long _ids;

    public string Version { get; set; } = McpProtocol.Modern;

    /// <summary>The session's id, where the server gives one.</summary>
    public string? Id { get; set; }

    public long NextId() => Interlocked.Increment(ref _ids);
}

/// <summary>Values in headers, so that none can end one.</summary>
internal static class McpHeaders
{
    private const string Begin = "=?base64?";
    private const string End = "?=";

    /// <summary>The value as it is where it is plain, else as Base64 with marks around it.</summary>
    public static string Encode(string value)
    {
        var isPlain = value.Length > 0 && value.All(static character => character is >= ' ' and <= '~')
            && value[0] != ' ' && value[^1] != ' '
            && !(value.StartsWith(Begin, StringComparison.Ordinal) && value.EndsWith(End, StringComparison.Ordinal));
        return isPlain || value.Length == 0 ? value : $"{Begin}{Convert.ToBase64String(Encoding.UTF8.GetBytes(value))}{End}";
    }
}
