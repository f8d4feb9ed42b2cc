using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using CodexOS.Platform.Egress;
using CodexOS.Runs.Contracts;
using CodexOS.Tools.Contracts;

namespace CodexOS.Tools.Connections;

/// <summary>
/// What a kind of connection needs to know. Another kind is another record here and an <see cref="IConnectionKind"/>.
/// </summary>
[JsonDerivedType(typeof(McpHttp), McpHttp.Word)]
[JsonDerivedType(typeof(McpStdio), McpStdio.Word)]
[JsonDerivedType(typeof(OpenApi), OpenApi.Word)]
internal abstract record ConnectionSettings
{
    private ConnectionSettings()
    {
    }

    /// <summary>The kind, as the API names it.</summary>
    public abstract string Kind { get; }

    /// <summary>An MCP server that is reached over HTTP.</summary>
    internal sealed record McpHttp(McpHttpSettings Given) : ConnectionSettings
    {
        public const string Word = "mcp-http";

        public override string Kind => Word;
    }

    /// <summary>An MCP server that runs in a sandbox here.</summary>
    internal sealed record McpStdio(McpStdioSettings Given) : ConnectionSettings
    {
        public const string Word = "mcp-stdio";

        public override string Kind => Word;
    }

    /// <summary>An HTTP API that is described by an OpenAPI document.</summary>
    internal sealed record OpenApi(OpenApiSettings Given) : ConnectionSettings
    {
        public const string Word = "openapi";

        public override string Kind => Word;
    }
}

/// <summary>An MCP server that is reached over streamable HTTP.</summary>
/// <param name="Url">The address of its endpoint.</param>
/// <param name="Secret">
/// The secret that is added to requests, by the name it has under <c>Egress:Secrets</c>; null is none.
/// </param>
/// <param name="AllowSampling">Whether the server may have the run's model write something for it.</param>
public sealed record McpHttpSettings(
    [property: Required, StringLength(2_048, MinimumLength = 1)] string? Url,
    [property: RegularExpression(EgressOptions.SecretNamePattern)] string? Secret = null,
    bool AllowSampling = false);

/// <summary>An MCP server that is a program, and runs in a sandbox of its own for each run.</summary>
/// <param name="Command">The program and its arguments, as they are inside of the sandbox.</param>
/// <param name="Files">
/// The folder with the program's files, by the name it has under <c>Tools:Mcp:Folders</c>; it appears read-only as
/// <c>/workspace</c>.
/// </param>
/// <param name="Environment">
/// Variables that hold a secret, by the name that it has under <c>Tools:Mcp:Secrets</c>.
/// </param>
/// <param name="AllowSampling">Whether the server may have the run's model write something for it.</param>
public sealed record McpStdioSettings(
    [property: Required, MinLength(1), MaxLength(64)] IReadOnlyList<string>? Command,
    [property: StringLength(64)] string? Files = null,
    [property: MaxLength(32)] IReadOnlyDictionary<string, string>? Environment = null,
    bool AllowSampling = false);

/// <summary>An HTTP API that is described by an OpenAPI document of version 3.0 or 3.1.</summary>
/// <param name="Document">The document, as JSON or YAML. It is kept, and not shown again.</param>
/// <param name="Url">Where the document is fetched from, where it is not given.</param>
/// <param name="Server">Which of the document's servers is asked, or another address; null is its first.</param>
/// <param name="Secret">
/// The secret that is added to requests, by the name it has under <c>Egress:Secrets</c>; null is none.
/// </param>
/// <param name="Tags">Only operations with one of these tags; null is all.</param>
/// <param name="Operations">Only these operations, by <c>operationId</c>; null is all.</param>
public sealed record OpenApiSettings(
    string? Document = null,
    [property: StringLength(2_048)] string? Url = null,
    [property: StringLength(2_048)] string? Server = null,
    [property: RegularExpression(EgressOptions.SecretNamePattern)] string? Secret = null,
    [property: MaxLength(200)] IReadOnlyList<string>? Tags = null,
    [property: MaxLength(1_000)] IReadOnlyList<string>? Operations = null);

/// <summary>
/// What an administrator knows of a tool and its server cannot be believed; null leaves what holds by default.
/// </summary>
/// <param name="Effect">What it can do to the world.</param>
/// <param name="Repeat">What may be done if the outcome of a call is lost: read, keyed or unsafe.</param>
/// <param name="Asks">Whether a person is asked before each call unless an agent's definition says otherwise.</param>
/// <param name="Source">How far its output can be trusted: web, tool or tenant.</param>
/// <param name="IdempotencyHeader">
/// The header of an HTTP API in which a key is sent, so that a repeated call is the same call; with it, repeat may be keyed.
/// </param>
/// <param name="Disabled">Whether nobody may call it.</param>
public sealed record ToolOverride(
    EffectClass? Effect = null,
    RepeatClass? Repeat = null,
    bool? Asks = null,
    Integrity? Source = null,
    [property: RegularExpression("^[A-Za-z0-9][A-Za-z0-9-]{0,63}$")] string? IdempotencyHeader = null,
    bool Disabled = false);
