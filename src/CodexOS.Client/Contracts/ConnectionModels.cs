using System.Text.Json;

namespace CodexOS.Client.Contracts;

/// <summary>A connection to set up. Exactly one of the kinds is given.</summary>
/// <param name="Name">The beginning of its tools' names.</param>
/// <param name="McpHttp">An MCP server over HTTP.</param>
/// <param name="McpStdio">An MCP server in a sandbox.</param>
/// <param name="OpenApi">An HTTP API.</param>
/// <param name="Tools">What an administrator says of single tools, by name.</param>
public sealed record CreateConnection(
    string Name, McpHttpSettings? McpHttp = null, McpStdioSettings? McpStdio = null, OpenApiSettings? OpenApi = null,
    IReadOnlyDictionary<string, ToolOverride>? Tools = null);

/// <summary>An MCP server that is reached over streamable HTTP.</summary>
/// <param name="Url">The address of its endpoint.</param>
/// <param name="Secret">The secret that is added to requests, by name.</param>
/// <param name="AllowSampling">Whether it may have the run's model write something.</param>
public sealed record McpHttpSettings(string Url, string? Secret = null, bool AllowSampling = false);

/// <summary>An MCP server that is a program in a sandbox.</summary>
/// <param name="Command">The program and its arguments.</param>
/// <param name="Files">The folder with its files, by the operator's name for it.</param>
/// <param name="Environment">Variables that hold a secret, by the operator's name for it.</param>
/// <param name="AllowSampling">Whether it may have the run's model write something.</param>
public sealed record McpStdioSettings(
    IReadOnlyList<string> Command, string? Files = null, IReadOnlyDictionary<string, string>? Environment = null,
    bool AllowSampling = false);

/// <summary>An HTTP API that is described by an OpenAPI document.</summary>
/// <param name="Document">The document, as JSON or YAML.</param>
/// <param name="Url">Where it is fetched from, if it is not given.</param>
/// <param name="Server">Where the API is, if not at the document's first server.</param>
/// <param name="Secret">The secret that is added to requests, by name.</param>
/// <param name="Tags">Only operations with one of these tags.</param>
/// <param name="Operations">Only these operations.</param>
public sealed record OpenApiSettings(
    string? Document = null, string? Url = null, string? Server = null, string? Secret = null,
    IReadOnlyList<string>? Tags = null, IReadOnlyList<string>? Operations = null);

/// <summary>What an administrator says of a tool.</summary>
/// <param name="Effect"><c>read</c>, <c>reversible</c> or <c>irreversible</c>.</param>
/// <param name="Repeat"><c>read</c>, <c>keyed</c> or <c>unsafe</c>.</param>
/// <param name="Asks">Whether a person is asked before each call.</param>
/// <param name="Source"><c>web</c>, <c>tool</c> or <c>tenant</c>.</param>
/// <param name="IdempotencyHeader">The header in which a key is sent.</param>
/// <param name="Disabled">Whether nobody may call it.</param>
public sealed record ToolOverride(
    string? Effect = null, string? Repeat = null, bool? Asks = null, string? Source = null, string? IdempotencyHeader = null,
    bool Disabled = false);

/// <summary>A tenant's source of tools.</summary>
/// <param name="Id">Its id, <c>con_…</c>.</param>
/// <param name="Name">The beginning of its tools' names.</param>
/// <param name="Kind"><c>mcp-http</c>, <c>mcp-stdio</c> or <c>openapi</c>.</param>
/// <param name="Tools">What an administrator says of single tools.</param>
/// <param name="State"><c>ready</c>, <c>changed</c> or <c>failed</c>.</param>
/// <param name="ToolsCount">How many tools it has.</param>
/// <param name="Skipped">What its source offers and cannot be used.</param>
/// <param name="Revision">Grows with every change.</param>
/// <param name="CreatedAt">When it was set up.</param>
/// <param name="ChangedAt">When it was changed last.</param>
/// <param name="CreatedBy">Who set it up.</param>
/// <param name="McpHttp">Its settings, if it is an MCP server over HTTP.</param>
/// <param name="McpStdio">Its settings, if it is an MCP server in a sandbox.</param>
/// <param name="OpenApi">Its settings, if it is an HTTP API.</param>
/// <param name="Fault">Why the last refresh failed, if it did.</param>
/// <param name="Server">What its source says of itself.</param>
/// <param name="RefreshedAt">When its source was asked last with success.</param>
public sealed record Connection(
    string Id,
    string Name,
    string Kind,
    IReadOnlyDictionary<string, ToolOverride> Tools,
    string State,
    int ToolsCount,
    IReadOnlyList<SkippedTool> Skipped,
    int Revision,
    DateTimeOffset CreatedAt,
    DateTimeOffset ChangedAt,
    string? CreatedBy = null,
    McpHttpSettings? McpHttp = null,
    McpStdioSettings? McpStdio = null,
    OpenApiSettings? OpenApi = null,
    ConnectionFault? Fault = null,
    ServerFacts? Server = null,
    DateTimeOffset? RefreshedAt = null);

/// <summary>Why a connection could not be refreshed.</summary>
/// <param name="Code">A stable code.</param>
/// <param name="Message">What is wrong and what to do.</param>
public sealed record ConnectionFault(string Code, string Message);

/// <summary>What a source says of itself.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Version">Its version.</param>
/// <param name="Protocol">What it speaks.</param>
/// <param name="Address">Where it is called, if over the network.</param>
/// <param name="Instructions">What it wants models to be told.</param>
public sealed record ServerFacts(
    string Name, string Version, string Protocol, string? Address = null, string? Instructions = null);

/// <summary>Something that a source offers and that cannot be used.</summary>
/// <param name="Name">What the source calls it.</param>
/// <param name="Reason">Why not.</param>
public sealed record SkippedTool(string Name, string Reason);

/// <summary>A tool of a connection.</summary>
/// <param name="Name">How models and definitions call it.</param>
/// <param name="Given">What its source calls it.</param>
/// <param name="Description">What it does, in its source's words.</param>
/// <param name="InputSchema">JSON Schema of its arguments.</param>
/// <param name="Effect">What it can do to the world.</param>
/// <param name="Repeat">What may be done if the outcome of a call is lost.</param>
/// <param name="Asks">Whether a person is asked before each call.</param>
/// <param name="Source">How far its output is trusted.</param>
/// <param name="Disabled">Whether nobody may call it.</param>
/// <param name="Notes">What was changed of what its source says.</param>
/// <param name="DefinitionHash">What an agent that lists the tool is pinned to.</param>
/// <param name="Hints">What its source claims of it.</param>
public sealed record ConnectionTool(
    string Name,
    string Given,
    string Description,
    JsonElement InputSchema,
    string Effect,
    string Repeat,
    bool Asks,
    string Source,
    bool Disabled,
    IReadOnlyList<string> Notes,
    string DefinitionHash,
    JsonElement? Hints = null);
