using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Http;
using CodexOS.Platform.Ids;
using CodexOS.Runs.Contracts;
using CodexOS.Tools.Contracts;
using CodexOS.Tools.Storage;

namespace CodexOS.Tools.Connections;

/// <summary>A tenant's source of tools, read.</summary>
internal sealed record Connection(
    ConnectionId Id, TenantId Tenant, string Name, ConnectionSettings Settings, int Revision)
{
    /// <summary>What an administrator says of single tools, by the names they have here.</summary>
    public ImmutableDictionary<string, ToolOverride> Overrides { get; init; } =
        ImmutableDictionary<string, ToolOverride>.Empty;

    /// <summary>What was found out at the last refresh.</summary>
    public ConnectionNotes Notes { get; init; } = ConnectionNotes.None;

    /// <summary>An API document that was given with the settings; read for a refresh only.</summary>
    public string? Document { get; init; }

    /// <summary>Reads what is stored.</summary>
    public static Connection Of(ConnectionRow row) => new(
        row.Id, row.TenantId, row.Name, JsonSerializer.Deserialize<ConnectionSettings>(row.Settings, Json.Options)!, row.Revision)
    {
        Overrides = OverridesOf(row.Overrides),
        Notes = JsonSerializer.Deserialize<ConnectionNotes>(row.Notes, Json.Options)!,
        Document = row.Document,
    };

    /// <summary>Reads what an administrator says of single tools.</summary>
    public static ImmutableDictionary<string, ToolOverride> OverridesOf(string json) =>
        JsonSerializer.Deserialize<ImmutableDictionary<string, ToolOverride>>(json, Json.Options)!;
}

/// <summary>Whether a connection's tools are what its source offers, as far as is known.</summary>
public enum ConnectionState
{
    /// <summary>They are, since the last refresh.</summary>
    Ready,

    /// <summary>The source has said that its tools have changed. Refresh it to see them.</summary>
    Changed,

    /// <summary>The last refresh failed; the tools are those of the one before.</summary>
    Failed,
}

/// <summary>What was found out about a source beside its tools.</summary>
/// <param name="Server">What it says of itself.</param>
/// <param name="Skipped">What it offers and cannot be used here.</param>
internal sealed record ConnectionNotes(ServerFacts? Server, ImmutableArray<SkippedTool> Skipped)
{
    public static ConnectionNotes None { get; } = new(null, []);

    /// <summary>Why the last refresh failed, if it did.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ConnectionFault? Fault { get; init; }
}

/// <summary>Why a connection could not be refreshed.</summary>
/// <param name="Code">The fault's stable code.</param>
/// <param name="Message">What is wrong and what to do.</param>
public sealed record ConnectionFault(string Code, string Message)
{
    internal static ConnectionFault Of(Fault fault) => new(fault.Code, fault.Message);
}

/// <summary>What a source says of itself. Nothing is decided by it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Version">Its version.</param>
/// <param name="Protocol">The version of the protocol or document that it speaks.</param>
/// <param name="Address">Where its tools are called, if over the network.</param>
/// <param name="Instructions">What it wants models to be told. They are not.</param>
public sealed record ServerFacts(string Name, string Version, string Protocol, string? Address, string? Instructions);

/// <summary>Something that a source offers and that cannot be used.</summary>
/// <param name="Name">What the source calls it, without characters that are not seen.</param>
/// <param name="Reason">Why not.</param>
public sealed record SkippedTool(string Name, string Reason);

/// <summary>
/// A tool as its source describes it, cleaned and bounded, with what holds unless an administrator says otherwise.
/// </summary>
/// <param name="Name">What it is called here.</param>
/// <param name="Given">What its source calls it.</param>
/// <param name="Description">What it does, in its source's words.</param>
/// <param name="InputSchema">JSON Schema of its arguments: a tree, without references.</param>
/// <param name="Effect">What it can do to the world, as far as is known.</param>
/// <param name="Repeat">What may be done if the outcome of a call is lost.</param>
/// <param name="Asks">Whether a person is asked before each call.</param>
internal sealed record ToolDefinition(
    string Name, string Given, string Description, JsonElement InputSchema, EffectClass Effect, RepeatClass Repeat, bool Asks)
{
    /// <summary>JSON Schema of its data, where its source promises one.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public JsonElement? OutputSchema { get; init; }

    /// <summary>What its source claims of it. It is shown, and nothing is decided by it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public JsonElement? Hints { get; init; }

    /// <summary>What was changed of its description or schema, in words.</summary>
    public ImmutableArray<string> Notes { get; init; } = [];

    /// <summary>How a call of it is made, as its kind of connection writes and reads it.</summary>
    public JsonElement Binding { get; init; }
}

/// <summary>What a source offers.</summary>
internal sealed record Discovery(ImmutableArray<ToolDefinition> Tools, ConnectionNotes Notes);
