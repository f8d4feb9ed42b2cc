using System.Collections.Immutable;
using System.Text.Json;
using CodexOS.Runs.Contracts;

namespace CodexOS.Tools.Contracts;

/// <summary>What a tool takes, gives and may do.</summary>
/// <param name="Name">How models and definitions call it: lowercase letters, digits and underscores.</param>
/// <param name="Description">What it does, for the model and for people.</param>
/// <param name="InputSchema">JSON Schema of the arguments; arguments it does not name are refused.</param>
/// <param name="Effect">What it can do to the world.</param>
/// <param name="Repeat">What may be done if the outcome of a call is lost.</param>
public sealed record ToolContract(
    string Name, string Description, JsonElement InputSchema, EffectClass Effect, RepeatClass Repeat)
{
    /// <summary>Whether a call needs the run's file workspace.</summary>
    public bool NeedsWorkspace { get; init; }

    /// <summary>Whether a call reads knowledge bases that the run's grant lists.</summary>
    public bool NeedsKnowledge { get; init; }

    /// <summary>Whether it executes code that only a sandbox may execute.</summary>
    public bool NeedsSandbox { get; init; }

    /// <summary>Whether it reaches hosts, as far as the run's grant says.</summary>
    public bool UsesNetwork { get; init; }

    /// <summary>Whether a person is asked before each call unless the agent's definition says otherwise.</summary>
    public bool AsksByDefault { get; init; }

    /// <summary>JSON Schema of the data it gives; data that does not fit is left out. Null where it promises nothing.</summary>
    public JsonElement? OutputSchema { get; init; }

    /// <summary>How far its output can be trusted. Content that strangers can write is <see cref="Integrity.Web"/>.</summary>
    public Integrity Source { get; init; } = Integrity.Tool;

    /// <summary>Who may read its output.</summary>
    public Readers OutputReaders { get; init; } = Readers.Tenant;

    /// <summary>
    /// Whether what it is given leaves the installation, or reaches other people. What it is given must then be for its
    /// recipients.
    /// </summary>
    public bool IsOutgoing { get; init; }

    /// <summary>
    /// Who gets to know what it is given, beside the recipients that a call names; null is nobody else. A tool of a third
    /// party names that party.
    /// </summary>
    public Readers? Audience { get; init; }

    /// <summary>What its arguments mean to the gate. Those of an outgoing tool that are not listed are content.</summary>
    public ImmutableArray<ArgumentMeaning> Arguments { get; init; } = [];

    /// <summary>What it keeps for later, or reads of what was kept; the label stays with it.</summary>
    public ToolStore? Store { get; init; }

    /// <summary>
    /// Whether agents keep to the definition that their author saw: a changed name, description or schema is refused until
    /// the agent is applied again. For tools that others define.
    /// </summary>
    public bool IsPinned { get; init; }

    /// <summary>Most bytes that a call sends and receives; set aside of the run's budget before it.</summary>
    public long EgressBytesMax { get; init; }

    /// <summary>
    /// Whether a call does something that somebody would want to have decided: it cannot be undone, it reaches others, or
    /// it names arguments that must come from somebody trusted.
    /// </summary>
    public bool IsConsequential => Effect is EffectClass.Irreversible || IsOutgoing
        || Arguments.Any(static argument => argument.Role is ArgumentRole.Key);

    /// <summary>The contract of one call, which depends on its arguments and on whether the run has a network.</summary>
    internal ToolContract As(ToolCallClass call, bool hasNetwork)
    {
        var leaves = IsOutgoing || (UsesNetwork && hasNetwork);
        return call.Effect == Effect && leaves == IsOutgoing ? this : this with { Effect = call.Effect, IsOutgoing = leaves };
    }

    /// <summary>What a pin is: SHA-256 over name, description and input schema in their one spelling.</summary>
    public string DefinitionHash() => CanonicalJson.Hash(CanonicalJson.Write(
        JsonSerializer.SerializeToElement(new { Name, Description, InputSchema })).Value);

    /// <summary>Longest time a call may take.</summary>
    public TimeSpan TimeMax { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Most characters of text a call may return; what exceeds it is cut and flagged.</summary>
    public int TextLengthMax { get; init; } = 60_000;
}

/// <summary>What a tool can do to the world.</summary>
public enum EffectClass
{
    /// <summary>It changes nothing.</summary>
    Read,

    /// <summary>What it changes can be changed back.</summary>
    Reversible,

    /// <summary>What it changes stays changed.</summary>
    Irreversible,
}

/// <summary>What one call can do.</summary>
/// <param name="Effect">What it can do to the world.</param>
/// <param name="Repeat">What may be done if its outcome is lost.</param>
/// <param name="AsksByDefault">Whether a person is asked before it unless the agent's definition says otherwise.</param>
public readonly record struct ToolCallClass(EffectClass Effect, RepeatClass Repeat, bool AsksByDefault);

/// <summary>What an argument means to the gate.</summary>
/// <param name="Argument">Its name: a property of the input schema.</param>
/// <param name="Role">What it is.</param>
public sealed record ArgumentMeaning(string Argument, ArgumentRole Role);

/// <summary>What an argument is, for the gate.</summary>
public enum ArgumentRole
{
    /// <summary>What is sent or said; it may only reach those who may read it.</summary>
    Content,

    /// <summary>It decides what the call does: it must be the user's, the tenant's or on a list of the policy.</summary>
    Key,

    /// <summary>Who gets it, by address or name: as a key, and they must be readers of the content.</summary>
    Recipient,

    /// <summary>Where it goes, as a URL or host: as a recipient, and the path and query are content too.</summary>
    Destination,

    /// <summary>Harmless whatever its value, for instance the size of a page.</summary>
    Free,
}

/// <summary>A place that outlives the call, and where a value keeps its label.</summary>
/// <param name="Name">The store's name; tools that share it share what is kept.</param>
/// <param name="Access">What the tool does with it.</param>
/// <param name="KeyArgument">
/// The argument that names the entry, compared exactly; null where a call can touch anything in the store.
/// </param>
public sealed record ToolStore(string Name, StoreAccess Access, string? KeyArgument = null)
{
    /// <summary>The store of the run's file workspace.</summary>
    public const string Workspace = "workspace";
}

/// <summary>What a tool does with a store.</summary>
public enum StoreAccess
{
    /// <summary>Its output is made of what is kept.</summary>
    Read,

    /// <summary>It keeps what it is given.</summary>
    Write,

    /// <summary>Both.</summary>
    ReadWrite,
}
