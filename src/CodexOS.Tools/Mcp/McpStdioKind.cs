using System.Collections.Immutable;
using System.Text.RegularExpressions;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Ids;
using CodexOS.Tools.Connections;
using CodexOS.Tools.Contracts;
using Microsoft.Extensions.Options;

namespace CodexOS.Tools.Mcp;

/// <summary>
/// MCP servers that are programs. Each runs in a sandbox of its own, for one run, without a network; it sees a folder that the
/// operator has listed, read-only, and secrets that the operator has set up for such programs.
/// </summary>
internal sealed partial class McpStdioKind(
    IEnumerable<IProgramHost> hosts, IEnumerable<IToolSampler> samplers, ConnectionMarks marks, McpCalls calls,
    McpPrograms programs, IOptions<ConnectionOptions> limits, IOptions<McpOptions> options, TimeProvider clock)
    : IConnectionKind, IMcpConnector
{
    private const int ArgumentLengthMax = 4_096;
    private const int SecretLengthMax = 16_384;

    public string Kind => ConnectionSettings.McpStdio.Word;

    public Fault? Check(ConnectionSettings settings)
    {
        var given = GivenOf(settings);
        var isOdd = given.Command!.Any(static part =>
            part is null or { Length: > ArgumentLengthMax } || part.Contains('\0', StringComparison.Ordinal));
        if (isOdd || given.Command![0].Length == 0)
            return ConnectionFaults.BadSettings($"a part of its command is empty, or has more than {ArgumentLengthMax} characters");
        if (given.Files is { } files && !options.Value.Folders.ContainsKey(files))
        {
            return ConnectionFaults.BadSettings(
                $"there is no folder '{ConnectionFaults.Shown(files)}'; the operator lists folders under Tools:Mcp:Folders");
        }

        foreach (var (variable, secret) in given.Environment ?? ImmutableDictionary<string, string>.Empty)
        {
            if (!Variable().IsMatch(variable)) return ConnectionFaults.BadSettings("a variable has a name that variables cannot have");
            if (Reserved.Contains(variable, StringComparer.Ordinal) || variable.StartsWith("LD_", StringComparison.Ordinal))
                return ConnectionFaults.BadSettings($"the variable {variable} is set by the sandbox");
            if (secret is null || !options.Value.Secrets.ContainsKey(secret))
            {
                return ConnectionFaults.BadSettings(
                    $"there is no secret '{ConnectionFaults.Shown(secret ?? "")}' for programs; the operator sets them up under Tools:Mcp:Secrets");
            }
        }

        return null;
    }

    public async Task<Result<Discovery>> DiscoverAsync(Connection connection, CancellationToken cancellationToken)
    {
        var exchange = new McpExchange(null, SamplerOf(connection));
        var started = await StartAsync(connection, isLegacy: false, exchange, cancellationToken);
        if (started.IsOk is false && started.Fault.Code == McpFaults.ExitedCode)
        {
            // There are programs that end when they are asked before the handshake.
            started = await StartAsync(connection, isLegacy: true, exchange, cancellationToken);
        }

        if (!started.TryGet(out var it, out var fault)) return fault;
        await using (it.Channel)
        {
            return await new McpDiscovery(it.Client, connection.Name, limits.Value, hasHeaders: false, exchange)
                .RunAsync(null, cancellationToken);
        }
    }

    public ToolContract ContractOf(Connection connection, ToolDefinition definition) =>
        new(definition.Name, definition.Description, definition.InputSchema, definition.Effect, definition.Repeat)
        {
            OutputSchema = definition.OutputSchema,
            NeedsSandbox = true,
            TimeMax = limits.Value.CallTimeMax,
        };

    public ITool ToolOf(Connection connection, ToolDefinition definition, ToolContract contract) => new McpTool(
        connection, definition, contract, this, SamplerOf(connection), marks, calls, options.Value);

    private IToolSampler? SamplerOf(Connection connection) =>
        GivenOf(connection.Settings).AllowSampling ? samplers.FirstOrDefault() : null;

    public async Task<Result<ToolResult>> UseAsync(
        Connection connection, ToolCall call, McpExchange exchange, Func<McpClient, Task<Result<ToolResult>>> use,
        CancellationToken cancellationToken)
    {
        var key = new McpSessionKey(connection.Tenant, call.Run, connection.Id, connection.Revision);
        var isLegacy = connection.Notes.Server?.Protocol is { } known && known != McpProtocol.Modern;
        var taken = await programs.TakeAsync(key, token => StartAsync(connection, isLegacy, exchange, token), cancellationToken);
        if (!taken.TryGet(out var lease, out var fault)) return fault;
        using (lease) return await use(lease.Client);
    }

    private async Task<Result<(McpProgramChannel Channel, McpClient Client)>> StartAsync(
        Connection connection, bool isLegacy, McpExchange exchange, CancellationToken cancellationToken)
    {
        if (hosts.FirstOrDefault() is not { } host) return NoSandbox;
        if (!StartOf(connection).TryGet(out var start, out var fault)) return fault;
        if (!(await host.StartAsync(start, cancellationToken)).TryGet(out var program, out fault)) return fault;
        var channel = new McpProgramChannel(program, limits.Value.AnswerBytesMax, options.Value.MessagesMax, clock);
        McpClient? client = null;
        try
        {
            var connected = isLegacy
                ? await McpClient.GreetAsync(channel, options.Value, exchange, cancellationToken)
                : await McpClient.ConnectAsync(
                    channel, options.Value, exchange, cancellationToken, options.Value.ProbeTimeMax, clock);
            if (!connected.TryGet(out client, out fault)) return fault;
            return (channel, client);
        }
        finally
        {
            if (client is null) await channel.DisposeAsync();
        }
    }

    private Result<ProgramStart> StartOf(Connection connection)
    {
        // What the operator has listed may have changed since the connection was set up.
        var given = GivenOf(connection.Settings);
        if (Check(connection.Settings) is { } wrong) return wrong;
        var environment = ImmutableDictionary.CreateBuilder<string, string>();
        foreach (var (variable, name) in given.Environment ?? ImmutableDictionary<string, string>.Empty)
        {
            if (ReadSecret(options.Value.Secrets[name], connection.Tenant) is not { } value)
            {
                return new Fault(
                    "mcp.secret_unavailable", FaultKind.Unavailable,
                    $"The secret '{name}' cannot be used here: it is not for this tenant, or its file does not hold it on a single line.");
            }

            environment[variable] = value;
        }

        return new ProgramStart([.. given.Command!], options.Value.ProgramTimeMax)
        {
            Folder = given.Files is { } files ? options.Value.Folders[files] : null,
            Environment = environment.ToImmutable(),
        };
    }

    private static string? ReadSecret(McpSecretOptions secret, TenantId tenant)
    {
        if (secret.Tenants.Count > 0 && !secret.Tenants.Contains(tenant.ToString())) return null;
        var text = secret.Value;
        if (!string.IsNullOrEmpty(secret.File))
        {
            try
            {
                var file = new FileInfo(secret.File);
                if (!file.Exists || file.Length is 0 or > SecretLengthMax) return null;
                text = File.ReadAllText(secret.File);
            }
            catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
            {
                return null;
            }
        }

        var value = text?.Trim() ?? "";
        return value.Length > 0 && !value.Any(char.IsControl) ? value : null;
    }

    private static McpStdioSettings GivenOf(ConnectionSettings settings) => ((ConnectionSettings.McpStdio)settings).Given;

    private static ImmutableArray<string> Reserved { get; } =
        ["PATH", "HOME", "TMPDIR", "LANG", "HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "NO_PROXY", "no_proxy"];

    private static Fault NoSandbox { get; } = new(
        "mcp.no_sandbox", FaultKind.Unavailable, "This process runs no sandboxes, so programs of MCP servers cannot be started. Use one with the role worker.");

    [GeneratedRegex("^[A-Za-z_][A-Za-z0-9_]{0,63}$", RegexOptions.None, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Variable();
}
