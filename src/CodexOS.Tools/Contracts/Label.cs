using System.Collections.Immutable;
using System.Text.Json;
using CodexOS.Platform.Http;

namespace CodexOS.Tools.Contracts;

/// <summary>How far a value can be trusted: by where it comes from, never by what it says. Higher is more.</summary>
public enum Integrity
{
    /// <summary>From the open world: pages, mails, messages, everything that a stranger could have written.</summary>
    Web,

    /// <summary>From a tool whose content nobody vouches for, for instance files.</summary>
    Tool,

    /// <summary>From the tenant: what its members keep, such as a list of contacts.</summary>
    Tenant,

    /// <summary>From the user on whose behalf the run works.</summary>
    User,

    /// <summary>From CodexOS itself.</summary>
    System,
}

/// <summary>Where a value comes from and who may read it. It is journaled with the value and travels with it.</summary>
/// <param name="Integrity">How far it can be trusted.</param>
/// <param name="Readers">Who may read it.</param>
public sealed record Label(Integrity Integrity, Readers Readers)
{
    private const int SignalsMax = 8;

    /// <summary>
    /// Whether it is a value of a closed type (a choice, a yes or no, a number): it may be wrong, and cannot carry an
    /// instruction.
    /// </summary>
    public bool IsClosed { get; init; }

    /// <summary>
    /// Whether it may repeat what a model had put together: it then proves nothing of where those words come from.
    /// </summary>
    public bool IsEcho { get; init; }

    /// <summary>What detectors noticed. A note for people: no rule reads it, in either direction.</summary>
    public ImmutableArray<string> Signals { get; init; } = [];

    /// <summary>What CodexOS says itself.</summary>
    public static Label System { get; } = new(Integrity.System, Readers.Everyone);

    /// <summary>What nothing is known of: not trusted, and nobody may read it.</summary>
    public static Label Unknown { get; } = new(Integrity.Web, Readers.Nobody) { IsEcho = true };

    /// <summary>The label of what is made of both: as little trust as the less trusted, as few readers as both have.</summary>
    public Label Join(Label other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return new Label(Integrity < other.Integrity ? Integrity : other.Integrity, Readers.Join(other.Readers))
        {
            IsClosed = IsClosed && other.IsClosed,
            IsEcho = IsEcho || other.IsEcho,
            Signals = [.. Clean(Signals).Union(Clean(other.Signals)).Order(StringComparer.Ordinal).Take(SignalsMax)],
        };
    }

    /// <summary>As it is journaled.</summary>
    public JsonElement ToJson() => JsonSerializer.SerializeToElement(this, Json.Options);

    /// <summary>As it was journaled. What is missing or cannot be read is <see cref="Unknown"/>, or what is known instead.</summary>
    public static Label Read(JsonElement? json, Label? missing = null)
    {
        if (json is not { ValueKind: JsonValueKind.Object } given) return missing ?? Unknown;
        try
        {
            return given.Deserialize<Label>(Json.Options) is { Readers: not null } label ? label : Unknown;
        }
        catch (JsonException)
        {
            return Unknown;
        }
    }

    /// <inheritdoc />
    public bool Equals(Label? other) => other is not null && Integrity == other.Integrity && IsClosed == other.IsClosed
        && IsEcho == other.IsEcho
        && Readers.Equals(other.Readers) && Clean(Signals).AsSpan().SequenceEqual(Clean(other.Signals).AsSpan());

    /// <inheritdoc />
    public override int GetHashCode() => HashCode.Combine(Integrity, IsClosed, Readers);

    private static ImmutableArray<string> Clean(ImmutableArray<string> signals) => signals.IsDefault ? [] : signals;
}
