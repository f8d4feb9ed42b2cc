using System.Text.Json;
using System.Text.Json.Nodes;
using CodexOS.Platform.Faults;
using CodexOS.Tools.Connections;
using static CodexOS.Tools.Connections.JsonReading;

namespace CodexOS.Tools.Mcp;

/// <summary>
/// Speaks with a server: (1) finds out which revision of the protocol it speaks, by asking in the newest and falling back to
/// the handshake of the older ones, (2) lists what it offers, page by page, (3) calls it, answering what it asks before it
/// answers.
/// </summary>
internal sealed class McpClient(IMcpChannel channel, McpPeer peer, McpOptions options)
{
    private const int AskedAtOnceMax = 8;
    private const int CursorLengthMax = 4_096;

    public McpPeer Peer => peer;

    /// <summary>Begins to speak with a server of which nothing is known.</summary>
    /// <param name="channel">The way to it.</param>
    /// <param name="options">The bounds.</param>
    /// <param name="exchange">Who listens.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <param name="probeTimeMax">How long it may keep silent when it is asked in the newest revision; null is for ever.</param>
    /// <param name="clock">Measures that.</param>
    public static async Task<Result<McpClient>> ConnectAsync(
        IMcpChannel channel, McpOptions options, McpExchange exchange, CancellationToken cancellationToken,
        TimeSpan? probeTimeMax = null, TimeProvider? clock = null)
    {
        channel.Speak(McpProtocol.Modern);
        Result<McpAnswer> probe;
        using (var timeUp = probeTimeMax is { } max ? new CancellationTokenSource(max, clock!) : new CancellationTokenSource())
        using (var either = CancellationTokenSource.CreateLinkedTokenSource(timeUp.Token, cancellationToken))
        {
            try
            {
                probe = await channel.RequestAsync(
                    new McpRequest(channel.NextId(), "server/discover", new JsonObject { ["_meta"] = Meta(McpProtocol.Modern, exchange) }),
                    exchange, either.Token);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                return await GreetAsync(channel, options, exchange, cancellationToken);
            }
        }

        if (!probe.TryGet(out var answer, out var fault))
        {
            return fault.Code == McpFaults.RefusedCode
                ? await GreetAsync(channel, options, exchange, cancellationToken)
                : fault;
        }

        switch (answer)
        {
            case McpAnswer.Ok { Result: var found } when Versions(found, "supportedVersions").Contains(McpProtocol.Modern):
                return new McpClient(channel, PeerOf(McpProtocol.Modern, found), options);
            case McpAnswer.Ok { Result: var found } when !Versions(found, "supportedVersions").Any(McpProtocol.Legacy.Contains):
                return McpFaults.UnsupportedVersion(string.Join(", ", Versions(found, "supportedVersions").Take(5)));
            case McpAnswer.Error { Code: McpProtocol.UnsupportedVersion, Data: var data }
                when !Versions(data, McpProtocol.UnsupportedVersionData).Any(McpProtocol.Legacy.Contains):
                return McpFaults.UnsupportedVersion(string.Join(", ", Versions(data, McpProtocol.UnsupportedVersionData).Take(5)));
            case McpAnswer.Error error when error.Code != McpProtocol.UnsupportedVersion && McpProtocol.IsModernCode(error.Code):
                return McpFaults.Error(error);
            default:
                return await GreetAsync(channel, options, exchange, cancellationToken);
        }
    }

    /// <summary>Asks something. An error of the server is a fault <c>mcp.error</c>.</summary>
    public async Task<Result<JsonElement>> AskAsync(
        string method, JsonObject parameters, McpExchange exchange, CancellationToken cancellationToken)
    {
        var answered = await SendAsync(new McpRequest(channel.NextId(), method, parameters), exchange, cancellationToken);
        if (!answered.TryGet(out var answer, out var fault)) return fault;
        return answer is McpAnswer.Ok ok ? ok.Result : McpFaults.Error((McpAnswer.Error)answer);
    }

    /// <summary>Everything of a list, page by page; more pages than allowed, or one twice, is a fault.</summary>
    public async Task<Result<List<JsonElement>>> ListAsync(
        string method, string member, int pagesMax, int countMax, McpExchange exchange, CancellationToken cancellationToken)
    {
        var items = new List<JsonElement>();
        string? cursor = null;
        for (var page = 1; page <= pagesMax; page++)
        {
            var parameters = new JsonObject();
            if (cursor is not null) parameters["cursor"] = cursor;
            var asked = await AskAsync(method, parameters, exchange, cancellationToken);
            if (!asked.TryGet(out var result, out var fault)) return fault;
            if (!result.TryGetProperty(member, out var list) || list.ValueKind is not JsonValueKind.Array)
                return McpFaults.BadAnswer($"its list has no '{member}'");
            items.AddRange(list.EnumerateArray());
            if (items.Count > countMax)
                return ConnectionFaults.TooMuch($"{countMax} {member}", nameof(ConnectionOptions.ToolsMax));
            if (!result.TryGetProperty("nextCursor", out var next) || next.ValueKind is not JsonValueKind.String) return items;
            var before = cursor;
            cursor = next.GetString()!;
            if (cursor.Length is 0 or > CursorLengthMax || cursor == before) return McpFaults.BadAnswer("its pages lead nowhere");
        }

        return ConnectionFaults.TooMuch($"{pagesMax} pages of {member}", nameof(ConnectionOptions.PagesMax));
    }

    /// <summary>
    /// Asks for something that the server may want to know more for first. The answer is whole, or a fault.
    /// </summary>
    public async Task<Result<McpAnswer>> CallAsync(
        McpRequest request, McpExchange exchange, CancellationToken cancellationToken)
    {
        var original = request.Parameters;
        // A call that a crash cut short while a person was asked goes on from the server's question. A server of an older
        // revision has none to go on from, and to call it again would be to repeat.
        if (exchange.Continuation is not null && !peer.IsModern) return McpFaults.BrokenOff;
        Result<McpAnswer>? before = null;
        if (exchange.Continuation is { } question) before = new McpAnswer.Ok(question);
        for (var round = 0; ; round++)
        {
            var sent = before ?? await SendAsync(request, exchange, cancellationToken);
            before = null;
            if (!sent.TryGet(out var answer, out var fault)) return fault;
            if (answer is not McpAnswer.Ok { Result: var result } || TextOf(result, "resultType") is not { } type || type == "complete")
                return answer;
            if (type != "input_required") return McpFaults.BadAnswer($"it is of the type '{PlainText.Line(type, 40)}'");
            if (round >= options.RoundsMax)
                return McpFaults.TooMany("questions", options.RoundsMax, $"{McpOptions.Section}:{nameof(McpOptions.RoundsMax)}");

            exchange.Continuation = result;
            var parameters = (JsonObject)original.DeepClone();
            if (result.TryGetProperty("inputRequests", out var asked) && asked.ValueKind is JsonValueKind.Object)
            {
                var replies = await ReplyAsync(asked, exchange, cancellationToken);
                if (!replies.TryGet(out var inputs, out fault)) return fault;
                parameters["inputResponses"] = inputs;
            }

            if (TextOf(result, "requestState") is { } state) parameters["requestState"] = state;
            request = request with { Id = channel.NextId(), Parameters = parameters };
        }
    }

    /// <summary>A request that is about something with a name.</summary>
    public McpRequest RequestOf(string method, string name, JsonObject parameters) =>
        new(channel.NextId(), method, parameters) { Name = name };

    private static async Task<Result<JsonObject>> ReplyAsync(
        JsonElement asked, McpExchange exchange, CancellationToken cancellationToken)
    {
        var inputs = new JsonObject();
        foreach (var one in asked.EnumerateObject())
        {
            if (inputs.Count >= AskedAtOnceMax) return McpFaults.BadAnswer($"it asks more than {AskedAtOnceMax} things at once");
            if (one.Value.ValueKind is not JsonValueKind.Object || TextOf(one.Value, "method") is not { } method)
                return McpFaults.BadAnswer("it asks something without saying what");
            var parameters = one.Value.TryGetProperty("params", out var with) ? with : default;
            var reply = await exchange.AnswerAsync(method, parameters, cancellationToken);
            if (!reply.Remove("result", out var result))
            {
                return new Fault(
                    "mcp.refused_request", FaultKind.NotAllowed,
                    $"The server asked for '{PlainText.Line(method, 60)}' before it would answer, and that is refused here.");
            }

            inputs[one.Name] = result;
        }

        return inputs;
    }

    private Task<Result<McpAnswer>> SendAsync(McpRequest request, McpExchange exchange, CancellationToken cancellationToken)
    {
        var parameters = (JsonObject)request.Parameters.DeepClone();
        var meta = peer.IsModern ? Meta(peer.Version, exchange) : [];
        meta["progressToken"] = request.Id;
        parameters["_meta"] = meta;
        return channel.RequestAsync(request with { Parameters = parameters }, exchange, cancellationToken);
    }

    /// <summary>Begins to speak with a server of an older revision, by its handshake.</summary>
    public static async Task<Result<McpClient>> GreetAsync(
        IMcpChannel channel, McpOptions options, McpExchange exchange, CancellationToken cancellationToken)
    {
        channel.Speak(McpProtocol.Legacy[0]);
        var hello = new JsonObject
        {
            ["protocolVersion"] = McpProtocol.Legacy[0],
            ["capabilities"] = exchange.Capabilities(),
            ["clientInfo"] = ClientInfo(),
        };
        var greeted = await channel.RequestAsync(
            new McpRequest(channel.NextId(), "initialize", hello), exchange, cancellationToken);
        if (!greeted.TryGet(out var answer, out var fault)) return fault;
        if (answer is McpAnswer.Error error) return McpFaults.Error(error);
        var result = ((McpAnswer.Ok)answer).Result;
        var version = TextOf(result, "protocolVersion") ?? "none";
        if (!McpProtocol.Legacy.Contains(version)) return McpFaults.UnsupportedVersion(version);
        channel.Speak(version);
        var told = await channel.NotifyAsync(McpProtocol.Notification("notifications/initialized"), cancellationToken);
        return told.TryGet(out _, out fault) ? new McpClient(channel, PeerOf(version, result), options) : fault;
    }

    private static McpPeer PeerOf(string version, JsonElement found)
    {
        var info = found.TryGetProperty("serverInfo", out var own) ? own : default;
        if (info.ValueKind is not JsonValueKind.Object && found.TryGetProperty("_meta", out var meta)
            && meta.ValueKind is JsonValueKind.Object && meta.TryGetProperty("io.modelcontextprotocol/serverInfo", out var told))
        {
            info = told;
        }

        return new McpPeer(
            version,
            found.TryGetProperty("capabilities", out var capabilities) ? capabilities : default,
            PlainText.Line(TextOf(info, "name") ?? "", 100),
            PlainText.Line(TextOf(info, "version") ?? "", 60),
            TextOf(found, "instructions"));
    }

    private static JsonObject Meta(string version, McpExchange exchange) => new()
    {
        ["io.modelcontextprotocol/protocolVersion"] = version,
        ["io.modelcontextprotocol/clientInfo"] = ClientInfo(),
        ["io.modelcontextprotocol/clientCapabilities"] = exchange.Capabilities(),
    };

    private static JsonObject ClientInfo() => new()
    {
        ["name"] = "CodexOS",
        ["version"] = typeof(McpClient).Assembly.GetName().Version?.ToString(3) ?? "0",
    };

    private static List<string> Versions(JsonElement parent, string member) =>
        ListOf(parent, member) is not { } list ? [] :
        [
            .. list.EnumerateArray().Where(static each => each.ValueKind is JsonValueKind.String)
                .Select(static each => each.GetString()!),
        ];
}
