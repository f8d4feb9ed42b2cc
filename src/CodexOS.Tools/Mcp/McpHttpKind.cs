using CodexOS.Platform.Egress;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Ids;
using CodexOS.Runs.Contracts;
using CodexOS.Tools.Connections;
using CodexOS.Tools.Contracts;
using Microsoft.Extensions.Options;

namespace CodexOS.Tools.Mcp;

/// <summary>
/// MCP servers over HTTP. A call goes through the door that the run's grant has opened, so that the server's host must be
/// granted to the run; the connection's secret is added there, for this host alone.
/// </summary>
internal sealed class McpHttpKind(
    IEgress egress, IEnumerable<IToolSampler> samplers, ConnectionMarks marks, McpCalls calls, McpHttpSessions sessions,
    IOptions<ConnectionOptions> limits, IOptions<McpOptions> options, TimeProvider clock) : IConnectionKind, IMcpConnector
{
    public string Kind => ConnectionSettings.McpHttp.Word;

    public Fault? Check(ConnectionSettings settings)
    {
        var given = GivenOf(settings);
        return ConnectionAddress.Read(given.Url!, limits.Value).TryGet(out _, out var fault) ? null : fault;
    }

    public async Task<Result<Discovery>> DiscoverAsync(Connection connection, CancellationToken cancellationToken)
    {
        var target = TargetOf(connection);
        // Nobody's run: what may be reached is this host, by the decision of whoever may set connections up.
        var grant = new EgressGrant([target.Rule with { Secret = null }], egress.AllowedNetworks);
        var opened = egress.Open(grant, new EgressScope(connection.Tenant, $"connection {connection.Id}"));
        if (!opened.TryGet(out var network, out var fault)) return fault;
        using (network)
        {
            var channel = ChannelOf(network, target, new McpHttpSession());
            var exchange = new McpExchange(null, SamplerOf(connection));
            var connected = await McpClient.ConnectAsync(channel, options.Value, exchange, cancellationToken);
            if (!connected.TryGet(out var client, out fault)) return fault;
            var found = await new McpDiscovery(client, connection.Name, limits.Value, hasHeaders: true, exchange)
                .RunAsync(target.Address.AbsoluteUri, cancellationToken);
            await channel.EndAsync(cancellationToken);
            return found;
        }
    }

    public ToolContract ContractOf(Connection connection, ToolDefinition definition)
    {
        var host = TargetOf(connection).Address.Host;
        return new(definition.Name, definition.Description, definition.InputSchema, definition.Effect, definition.Repeat)
        {
            OutputSchema = definition.OutputSchema,
            IsOutgoing = true,
            Audience = Readers.Of(host),
            // What it says it knows already, so that it can be told again.
            OutputReaders = Readers.Of(Readers.TenantWord, host),
            TimeMax = limits.Value.CallTimeMax,
        };
    }

    public ITool ToolOf(Connection connection, ToolDefinition definition, ToolContract contract) => new McpTool(
        connection, definition, contract, this, SamplerOf(connection), marks, calls, options.Value);

    private IToolSampler? SamplerOf(Connection connection) =>
        GivenOf(connection.Settings).AllowSampling ? samplers.FirstOrDefault() : null;

    public async Task<Result<ToolResult>> UseAsync(
        Connection connection, ToolCall call, McpExchange exchange, Func<McpClient, Task<Result<ToolResult>>> use,
        CancellationToken cancellationToken)
    {
        if (call.Egress is not { } network) return EgressFaults.None;
        var target = TargetOf(connection);
        if (connection.Notes.Server?.Protocol == McpProtocol.Modern)
        {
            var peer = new McpPeer(McpProtocol.Modern, default, "", "", null);
            return await use(new McpClient(ChannelOf(network, target, new McpHttpSession()), peer, options.Value));
        }

        // A session that the server has forgotten is begun anew, once: what was asked in it did not take place.
        for (var isSecond = false; ; isSecond = true)
        {
            var key = new McpSessionKey(connection.Tenant, call.Run, connection.Id, connection.Revision);
            if (sessions.Find(key) is not { } kept)
            {
                var session = new McpHttpSession();
                var connected = await McpClient.GreetAsync(
                    ChannelOf(network, target, session), options.Value, exchange, cancellationToken);
                if (!connected.TryGet(out var fresh, out var fault)) return fault;
                kept = sessions.Keep(key, session, fresh.Peer);
            }

            var client = new McpClient(ChannelOf(network, target, kept.Session), kept.Peer, options.Value);
            var outcome = await use(client);
            if (outcome.IsOk || outcome.Fault.Code != McpFaults.SessionLostCode || isSecond) return outcome;
            sessions.Forget(key);
        }
    }

    private McpHttpChannel ChannelOf(EgressSession network, Target target, McpHttpSession session) => new(
        network,
        target.Address,
        new EgressClientSettings
        {
            AnswerBytesMax = limits.Value.AnswerBytesMax,
            // A server that works on a call may be silent until it is done, and one that waits for a person until then.
            SilenceMax = limits.Value.CallTimeMax + options.Value.AnswerTimeMax,
            Target = target.Rule,
        },
        session,
        options.Value.MessagesMax,
        clock);

    private Target TargetOf(Connection connection)
    {
        var given = GivenOf(connection.Settings);
        var address = ConnectionAddress.Read(given.Url!, limits.Value).Value;
        return new Target(address, ConnectionAddress.RuleOf(address, given.Secret));
    }

    private static McpHttpSettings GivenOf(ConnectionSettings settings) => ((ConnectionSettings.McpHttp)settings).Given;

    private sealed record Target(Uri Address, EgressRule Rule);
}

/// <summary>For whom a session is.</summary>
internal sealed record McpSessionKey(TenantId Tenant, RunId Run, ConnectionId Connection, int Revision);
