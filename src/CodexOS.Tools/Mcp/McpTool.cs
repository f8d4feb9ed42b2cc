using System.Text.Json;
using System.Text.Json.Nodes;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Http;
using CodexOS.Tools.Connections;
using CodexOS.Tools.Contracts;

namespace CodexOS.Tools.Mcp;

/// <summary>Leads a call to its server.</summary>
internal interface IMcpConnector
{
    /// <summary>Hands a client over that speaks with the connection's server on behalf of a call.</summary>
    Task<Result<ToolResult>> UseAsync(
        Connection connection, ToolCall call, McpExchange exchange, Func<McpClient, Task<Result<ToolResult>>> use,
        CancellationToken cancellationToken);
}

/// <summary>
/// A tool of an MCP server: (1) the server is reached, (2) it is called by the name that it gave, (3) its answer becomes text,
/// (4) what it asked for, and what became of that, is added for the model to know.
/// </summary>
internal sealed class McpTool(
    Connection connection, ToolDefinition definition, ToolContract contract, IMcpConnector connector, IToolSampler? sampler,
    ConnectionMarks marks, McpCalls calls, McpOptions options) : ITool
{
    private readonly McpBinding _binding = McpBinding.Of(definition);

    public ToolContract Contract => contract;

    public async Task<Result<ToolResult>> InvokeAsync(ToolCall call, CancellationToken cancellationToken)
    {
        if (!calls.Begin(connection.Id).TryGet(out var underWay, out var fault)) return Explain(fault, out _)!;
        using (underWay) return await UseAsync(call, cancellationToken);
    }

    private async Task<Result<ToolResult>> UseAsync(ToolCall call, CancellationToken cancellationToken)
    {
        // 1.
        await using var exchange = new McpExchange(call, sampler, new McpQuestions(connection, contract, call, options));
        var outcome = await connector.UseAsync(
            connection, call, exchange, client => AskAsync(client, call.Arguments, exchange, cancellationToken),
            cancellationToken);
        if (exchange.HasChanged) await marks.MarkChangedAsync(connection.Id, cancellationToken);
        if (!outcome.TryGet(out var result, out var fault)) result = Explain(fault, out fault);
        if (result is null) return fault!;

        // 4.
        return result with
        {
            Text = exchange.Asked.Length == 0 ? result.Text : $"{result.Text}\n{exchange.Asked}",
            Usage = exchange.Usage ?? result.Usage,
        };
    }

    private async Task<Result<ToolResult>> AskAsync(
        McpClient client, JsonElement arguments, McpExchange exchange, CancellationToken cancellationToken)
    {
        // 2.
        var request = RequestOf(client, arguments);
        if (!(await client.CallAsync(request, exchange, cancellationToken)).TryGet(out var answer, out var fault)) return fault;
        if (answer is McpAnswer.Error error) return McpFaults.Error(error);

        // 3.
        var result = ((McpAnswer.Ok)answer).Result;
        return _binding.Method switch
        {
            "tools/call" => McpContent.OfCall(result),
            "resources/read" => McpContent.OfResource(result),
            "prompts/get" => McpContent.OfPrompt(result),
            "resources/list" => McpContent.OfList(result, "resources", "uri"),
            "prompts/list" => McpContent.OfList(result, "prompts", "name"),
            var other => McpFaults.BadAnswer($"nobody here calls '{other}'"),
        };
    }

    private McpRequest RequestOf(McpClient client, JsonElement arguments)
    {
        var given = (JsonObject)JsonNode.Parse(arguments.GetRawText())!;
        return _binding.Method switch
        {
            "tools/call" => client.RequestOf(
                _binding.Method, definition.Given, new JsonObject { ["name"] = definition.Given, ["arguments"] = given }) with
            {
                Headers = McpParameterHeaders.Of(_binding.Headers, arguments),
            },
            "resources/read" => client.RequestOf(_binding.Method, (string)given["uri"]!, given),
            "prompts/get" => client.RequestOf(_binding.Method, (string)given["name"]!, given),
            _ => client.RequestOf(_binding.Method, "", given) with { Name = null },
        };
    }

    /// <summary>What goes wrong at the server or on the way is something that the model can learn from.</summary>
    private static ToolResult? Explain(Fault fault, out Fault? remains)
    {
        remains = fault.Kind is FaultKind.Internal or FaultKind.StorageFull ? fault : null;
        return remains is not null ? null : new ToolResult(
            fault.Message, IsError: true, JsonSerializer.SerializeToElement(new { fault.Code }, Json.Options));
    }
}
