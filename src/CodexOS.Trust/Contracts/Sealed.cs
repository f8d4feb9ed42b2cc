namespace CodexOS.Trust.Contracts;

/// <summary>
/// A value that only the vault can open, as it lies in a column: a format byte, the id of the key, a nonce, a tag and the
/// encrypted bytes. An entity has a property of this type marked <see cref="ConfidentialAttribute"/> or
/// <see cref="PersonalDataAttribute"/>; it is sealed and opened through <see cref="IVault"/>.
/// </summary>
public sealed class Sealed : IEquatable<Sealed>
{
    private readonly byte[] _bytes;

    /// <summary>Wraps what lies in a column.</summary>
    public Sealed(byte[] bytes)
    {
        ArgumentNullException.ThrowIfNull(bytes);
        _bytes = [.. bytes];
    }

    /// <summary>What lies in the column.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>A copy of what lies in the column.</summary>
    public byte[] ToArray() => [.. _bytes];

    /// <inheritdoc />
    public bool Equals(Sealed? other) => other is not null && Bytes.SequenceEqual(other.Bytes);

    /// <inheritdoc />
    public override bool Equals(object? obj) => Equals(obj as Sealed);

    /// <inheritdoc />
    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.AddBytes(_bytes);
        return hash.ToHashCode();
    }
}

/// <summary>Marks a column that is sealed under the tenant's key: secrets, and what a tenant would not show others.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class ConfidentialAttribute : Attribute;

/// <summary>
/// Marks a column that is sealed under the key of the person whom it speaks of. Destroying that key makes it unreadable
/// wherever it is.
/// </summary>
/// <param name="subject">The property of the entity that says whom: a <see cref="Platform.Ids.UserId"/>.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class PersonalDataAttribute(string subject) : Attribute
{
    /// <summary>The property that says whom the column speaks of.</summary>
    public string Subject { get; } = subject;
}

/// <summary>
/// Marks a column that is sealed under a key of the very thing that its row stands for. Deleting the thing destroys that key,
/// and makes the column unreadable wherever it is, also in a backup.
/// </summary>
/// <param name="owner">The property of the entity, mapped or not, that says whose key it is: a <see cref="Platform.Ids.UserId"/>.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class OwnKeyAttribute(string owner) : Attribute
{
    /// <summary>The property that says whose key it is.</summary>
    public string Owner { get; } = owner;
}
