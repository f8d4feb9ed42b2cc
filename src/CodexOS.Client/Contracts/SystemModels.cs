using System.Text.Json;
using System.Text.Json.Serialization;

namespace CodexOS.Client.Contracts;

/// <summary>A tool that agents may be given.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Description">What it does.</param>
/// <param name="Effect">What it does to the world: <c>read</c>, <c>reversible</c> or <c>irreversible</c>.</param>
/// <param name="Repeat">What may be done if its outcome is lost.</param>
/// <param name="NeedsSandbox">Whether it runs only inside the sandbox.</param>
/// <param name="InputSchema">The JSON schema of its arguments.</param>
public sealed record Tool(
    string Name, string? Description, string Effect, string? Repeat, bool NeedsSandbox, JsonElement InputSchema);

/// <summary>What a server consists of.</summary>
/// <param name="Version">Its version.</param>
/// <param name="Database">Its database, <c>sqlite</c> or <c>postgres</c>.</param>
/// <param name="Sandbox">Whether it can run commands in isolation.</param>
/// <param name="Models">The model providers it knows.</param>
/// <param name="Isolation">What keeps the rows of tenants apart; null from a server that does not tell.</param>
/// <param name="KnowledgeStores">The stores that vectors can lie in; null from a server that does not tell.</param>
public sealed record SystemState(
    string Version,
    string Database,
    SandboxState Sandbox,
    IReadOnlyList<ModelProviderState> Models,
    TenantIsolation? Isolation = null,
    IReadOnlyList<KnowledgeStoreState>? KnowledgeStores = null);

/// <summary>A store that vectors of knowledge bases can lie in.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Kind">What it is.</param>
/// <param name="IsReachable">Whether it answers.</param>
public sealed record KnowledgeStoreState(string Name, string Kind, bool IsReachable);

/// <summary>What keeps the rows of tenants apart.</summary>
/// <param name="ByDatabase">Whether the database does so itself.</param>
/// <param name="Tables">How many tables have rows of tenants.</param>
/// <param name="Unprotected">Tables on which the database should and does not.</param>
/// <param name="Note">What that means.</param>
public sealed record TenantIsolation(bool ByDatabase, int Tables, IReadOnlyList<string> Unprotected, string Note);

/// <summary>Whether a server can run commands in isolation.</summary>
/// <param name="Available">Whether it can.</param>
/// <param name="Level">How strongly they are isolated.</param>
/// <param name="Reason">Why not, and what to do.</param>
/// <param name="Guards">Each guard and whether it stands; null from a server that does not tell.</param>
/// <param name="Drivers">What could build the walls.</param>
/// <param name="Languages">What programs inside find.</param>
/// <param name="Layers">Whether steps share files with the version before; null from a server that does not tell.</param>
public sealed record SandboxState(
    bool Available,
    string? Level = null,
    string? Reason = null,
    IReadOnlyList<SandboxGuard>? Guards = null,
    IReadOnlyList<SandboxDriver>? Drivers = null,
    IReadOnlyList<SandboxLanguage>? Languages = null,
    SandboxLayers? Layers = null);

/// <summary>Whether steps work on a layer over files that versions of a workspace share.</summary>
/// <param name="Work">Whether layers work on the server's machine and disk.</param>
/// <param name="Note">What that means, and how to get them if they do not.</param>
public sealed record SandboxLayers(bool Work, string Note);

/// <summary>One guard of a sandbox.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Stands">Whether it works on the server's machine.</param>
/// <param name="Note">What it does, or why it does not stand.</param>
public sealed record SandboxGuard(string Name, bool Stands, string Note);

/// <summary>Something that could build the walls of a sandbox.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Installed">Whether it is on the server's machine.</param>
/// <param name="InUse">Whether it is the one that is used.</param>
/// <param name="Note">How to get or use it.</param>
public sealed record SandboxDriver(string Name, bool Installed, bool InUse, string Note);

/// <summary>A language that programs inside may use.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Usable">Whether it works inside.</param>
/// <param name="Version">What it says of itself.</param>
public sealed record SandboxLanguage(string Name, bool Usable, string Version);

/// <summary>A model provider of a server.</summary>
/// <param name="Provider">Its name, the part before the colon in <c>provider:model</c>.</param>
/// <param name="Configured">Whether it can be used.</param>
/// <param name="IsReal">False for scripted and replayed models.</param>
/// <param name="Chats">Whether its models can be talked with; false where all of them only turn texts into vectors.</param>
public sealed record ModelProviderState(string Provider, bool Configured, bool IsReal, bool Chats = true);

/// <summary>A process that works on an installation's database.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Roles">What it does: <c>all</c>, <c>api</c>, <c>worker</c>.</param>
/// <param name="State">Whether it is there.</param>
/// <param name="Address">Where other nodes reach it, and which start of it this is.</param>
/// <param name="Url">Where it answers requests.</param>
/// <param name="Version">Its version.</param>
/// <param name="StartedAt">When it started.</param>
/// <param name="AliveAt">When it last wrote that it is alive.</param>
/// <param name="RunsCount">How many runs are in its hands.</param>
/// <param name="Leads">Whether it looks for due timers and orphaned runs.</param>
/// <param name="Self">Whether it is the one that answered.</param>
public sealed record ClusterNode(
    string Name,
    string Roles,
    ClusterNodeState State,
    string Address,
    string? Url,
    string Version,
    DateTimeOffset StartedAt,
    DateTimeOffset? AliveAt,
    long RunsCount,
    bool Leads,
    bool Self);

/// <summary>Whether a node is there.</summary>
[JsonConverter(typeof(WordEnumConverter<ClusterNodeState>))]
public enum ClusterNodeState
{
    /// <summary>A state that this client does not know.</summary>
    Unknown,

    /// <summary>It is starting.</summary>
    Joining,

    /// <summary>It works.</summary>
    Active,

    /// <summary>It finishes its steps, hands its runs over and leaves.</summary>
    Draining,

    /// <summary>It ended without leaving.</summary>
    Dead,
}
