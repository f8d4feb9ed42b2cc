using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using CodexOS.Runs.Contracts;
using CodexOS.Tools.Contracts;

namespace CodexOS.Tools.Connections;

/// <summary>A request to set a connection up. Exactly one of the kinds is given.</summary>
/// <param name="Name">
/// The beginning of its tools' names: lowercase letters, digits and underscores. A tool <c>search</c> of the connection
/// <c>docs</c> is called <c>docs_search</c>.
/// </param>
/// <param name="McpHttp">An MCP server over HTTP.</param>
/// <param name="McpStdio">An MCP server in a sandbox.</param>
/// <param name="OpenApi">An HTTP API.</param>
/// <param name="Tools">What an administrator says of single tools, by the names that they have here.</param>
public sealed record CreateConnectionRequest(
    [property: Required, RegularExpression(ConnectionNames.Pattern)] string? Name,
    McpHttpSettings? McpHttp = null,
    McpStdioSettings? McpStdio = null,
    OpenApiSettings? OpenApi = null,
    [property: MaxLength(ConnectionContracts.OverridesMax)] IReadOnlyDictionary<string, ToolOverride>? Tools = null);

/// <summary>A request to change a connection. What is left out stays as it is.</summary>
/// <param name="McpHttp">An MCP server over HTTP.</param>
/// <param name="McpStdio">An MCP server in a sandbox.</param>
/// <param name="OpenApi">An HTTP API; without a document or its address, those that are there stay.</param>
/// <param name="Tools">All that an administrator says of single tools; it takes the place of what was said before.</param>
/// <param name="Revision">The revision that is to be changed; another one is a conflict. Null is whatever there is.</param>
public sealed record UpdateConnectionRequest(
    McpHttpSettings? McpHttp = null,
    McpStdioSettings? McpStdio = null,
    OpenApiSettings? OpenApi = null,
    [property: MaxLength(ConnectionContracts.OverridesMax)] IReadOnlyDictionary<string, ToolOverride>? Tools = null,
    int? Revision = null);

/// <summary>A connection as the API shows it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">The beginning of its tools' names.</param>
/// <param name="Kind"><c>mcp-http</c>, <c>mcp-stdio</c> or <c>openapi</c>.</param>
/// <param name="McpHttp">Its settings, if it is an MCP server over HTTP.</param>
/// <param name="McpStdio">Its settings, if it is an MCP server in a sandbox.</param>
/// <param name="OpenApi">Its settings, if it is an HTTP API; a document that was given is not shown.</param>
/// <param name="Tools">What an administrator says of single tools.</param>
/// <param name="State">Whether its tools are what its source offers.</param>
/// <param name="Fault">Why the last refresh failed, if it did.</param>
/// <param name="Server">What its source says of itself. Nothing is decided by it.</param>
/// <param name="ToolsCount">How many tools it has.</param>
/// <param name="Skipped">What its source offers and cannot be used here, and why.</param>
/// <param name="Revision">Grows with every change.</param>
/// <param name="CreatedAt">When it was set up.</param>
/// <param name="CreatedBy">Who set it up.</param>
/// <param name="ChangedAt">When it was changed last.</param>
/// <param name="RefreshedAt">When its source was asked last with success.</param>
public sealed record ConnectionView(
    ConnectionId Id,
    string Name,
    string Kind,
    McpHttpSettings? McpHttp,
    McpStdioSettings? McpStdio,
    OpenApiSettings? OpenApi,
    IReadOnlyDictionary<string, ToolOverride> Tools,
    ConnectionState State,
    ConnectionFault? Fault,
    ServerFacts? Server,
    int ToolsCount,
    IReadOnlyList<SkippedTool> Skipped,
    int Revision,
    DateTimeOffset CreatedAt,
    string CreatedBy,
    DateTimeOffset ChangedAt,
    DateTimeOffset? RefreshedAt);

/// <summary>A tool of a connection, with what holds for it.</summary>
/// <param name="Name">How models and definitions call it.</param>
/// <param name="Given">What its source calls it.</param>
/// <param name="Description">What it does, in its source's words, without characters that are not seen.</param>
/// <param name="InputSchema">JSON Schema of its arguments.</param>
/// <param name="Effect">What it can do to the world.</param>
/// <param name="Repeat">What may be done if the outcome of a call is lost.</param>
/// <param name="Asks">Whether a person is asked before each call.</param>
/// <param name="Source">How far its output is trusted.</param>
/// <param name="Disabled">Whether nobody may call it.</param>
/// <param name="Hints">What its source claims of it. Nothing is decided by it.</param>
/// <param name="Notes">What was changed of what its source says.</param>
/// <param name="DefinitionHash">What an agent that lists the tool is pinned to.</param>
public sealed record ConnectionTool(
    string Name,
    string Given,
    string Description,
    JsonElement InputSchema,
    EffectClass Effect,
    RepeatClass Repeat,
    bool Asks,
    Integrity Source,
    bool Disabled,
    JsonElement? Hints,
    IReadOnlyList<string> Notes,
    string DefinitionHash);

/// <summary>How connections can be named.</summary>
internal static class ConnectionNames
{
    public const string Pattern = "^[a-z]([a-z0-9_]{0,30}[a-z0-9])?$";
}
