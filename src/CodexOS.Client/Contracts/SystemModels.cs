using System.Text.Json;

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
public sealed record SystemState(
    string Version, string Database, SandboxState Sandbox, IReadOnlyList<ModelProviderState> Models);

/// <summary>Whether a server can run commands in isolation.</summary>
/// <param name="Available">Whether it can.</param>
/// <param name="Level">How strongly they are isolated.</param>
/// <param name="Reason">Why not, and what to do.</param>
public sealed record SandboxState(bool Available, string? Level = null, string? Reason = null);

/// <summary>A model provider of a server.</summary>
/// <param name="Provider">Its name, the part before the colon in <c>provider:model</c>.</param>
/// <param name="Configured">Whether it can be used.</param>
/// <param name="IsReal">False for scripted and replayed models.</param>
public sealed record ModelProviderState(string Provider, bool Configured, bool IsReal);
