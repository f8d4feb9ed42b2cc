using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;
using CodexOS.Platform.Ids;

namespace CodexOS.Trust.Contracts;

/// <summary>Names one version of a key.</summary>
/// <param name="Value">The bare UUID version 7.</param>
[JsonConverter(typeof(TypedIdJsonConverter<VaultKeyId>))]
public readonly record struct VaultKeyId(Guid Value) : ITypedId<VaultKeyId>
{
    /// <inheritdoc />
    public static string Prefix => "vky";

    /// <inheritdoc />
    public static VaultKeyId From(Guid value) => new(value);

    /// <summary>Makes a new id stamped with the clock's present time.</summary>
    public static VaultKeyId New(TimeProvider clock) => TypedId.New<VaultKeyId>(clock);

    /// <inheritdoc />
    public static VaultKeyId Parse(string s, IFormatProvider? provider) => TypedId.Parse<VaultKeyId>(s);

    /// <inheritdoc />
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out VaultKeyId result) =>
        TypedId.TryParse(s, out result);

    /// <inheritdoc />
    public override string ToString() => TypedId.Print(this);
}
