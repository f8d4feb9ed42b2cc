using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace CodexOS.Tools.Contracts;

/// <summary>
/// Who may read a value: everyone, everyone in the tenant, the owner of the run, or those who are named. Values that are
/// merged may be read only by those who may read all of them.
/// </summary>
[JsonConverter(typeof(ReadersJson))]
public sealed class Readers : IEquatable<Readers>
{
    /// <summary>The word for everyone.</summary>
    public const string EveryoneWord = "everyone";

    /// <summary>The word for all members of the tenant.</summary>
    public const string TenantWord = "tenant";

    /// <summary>The word for the user on whose behalf a run works; a member of the tenant.</summary>
    public const string OwnerWord = "owner";

    private const int NamesMax = 64;
    private const int NameLengthMax = 200;

    private readonly ImmutableArray<string> _names;

    private Readers(ImmutableArray<string> names) => _names = names;

    /// <summary>What is public.</summary>
    public static Readers Everyone { get; } = new([EveryoneWord]);

    /// <summary>What members of the tenant may read.</summary>
    public static Readers Tenant { get; } = new([TenantWord]);

    /// <summary>What only the user may read on whose behalf a run works.</summary>
    public static Readers Owner { get; } = new([OwnerWord]);

    /// <summary>What nobody may read.</summary>
    public static Readers Nobody { get; } = new([]);

    /// <summary>The words and names, in order.</summary>
    public IReadOnlyList<string> Names => _names;

    /// <summary>Whether it is public.</summary>
    public bool IsEveryone => _names.Length == 1 && _names[0] == EveryoneWord;

    /// <summary>
    /// Those who are named, by address or by one of the words. Names beyond 64 are left out: fewer readers are never
    /// too many.
    /// </summary>
    public static Readers Of(params IEnumerable<string> names)
    {
        var known = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var name in names)
        {
            var clean = TextForm.Normal(name);
            if (clean == EveryoneWord) return Everyone;
            if (clean.Length is > 0 and <= NameLengthMax) known.Add(clean);
        }

        if (known.Contains(TenantWord)) known.Remove(OwnerWord);
        return new Readers([.. known.Take(NamesMax)]);
    }

    /// <summary>Whether somebody may read it. The name is compared in its normal form.</summary>
    public bool Covers(string name)
    {
        foreach (var known in _names)
        {
            if (known == name || known == EveryoneWord || (known == TenantWord && name == OwnerWord)) return true;
        }

        return false;
    }

    /// <summary>Whether all of these may read it.</summary>
    public bool CoversAll(Readers others)
    {
        ArgumentNullException.ThrowIfNull(others);
        if (IsEveryone || ReferenceEquals(this, others)) return true;
        foreach (var name in others._names)
        {
            if (!Covers(name)) return false;
        }

        return true;
    }

    /// <summary>Those who may read both.</summary>
    public Readers Join(Readers other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (ReferenceEquals(this, other) || IsEveryone) return other;
        if (other.IsEveryone) return this;
        return Of(_names.Where(other.Covers).Concat(other._names.Where(Covers)));
    }

    /// <inheritdoc />
    public bool Equals(Readers? other) => other is not null && _names.AsSpan().SequenceEqual(other._names.AsSpan());

    /// <inheritdoc />
    public override bool Equals(object? obj) => Equals(obj as Readers);

    /// <inheritdoc />
    public override int GetHashCode() => _names.Aggregate(_names.Length, static (hash, name) =>
        HashCode.Combine(hash, name.GetHashCode(StringComparison.Ordinal)));

    /// <inheritdoc />
    public override string ToString() => _names.IsEmpty ? "nobody" : string.Join(", ", _names);
}

/// <summary>Writes readers as a list of words and names.</summary>
internal sealed class ReadersJson : JsonConverter<Readers>
{
    public override Readers Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        Readers.Of(JsonSerializer.Deserialize<string[]>(ref reader, options)?.Where(static name => name is not null) ?? []);

    public override void Write(Utf8JsonWriter writer, Readers value, JsonSerializerOptions options)
    {
        writer.WriteStartArray();
        foreach (var name in value.Names) writer.WriteStringValue(name);
        writer.WriteEndArray();
    }
}
