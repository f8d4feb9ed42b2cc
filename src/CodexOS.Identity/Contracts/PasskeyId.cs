using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;
using CodexOS.Platform.Ids;

namespace CodexOS.Identity.Contracts;

/// <summary>Names a passkey of a person.</summary>
/// <param name="Value">The bare UUID version 7.</param>
[JsonConverter(typeof(TypedIdJsonConverter<PasskeyId>))]
public readonly record struct PasskeyId(Guid Value) : ITypedId<PasskeyId>
{
    /// <inheritdoc />
    public static string Prefix => "psk";

    /// <inheritdoc />
    public static PasskeyId From(Guid value) => new(value);

    /// <summary>Makes a new id stamped with the clock's present time.</summary>
    public static PasskeyId New(TimeProvider clock) => TypedId.New<PasskeyId>(clock);

    /// <inheritdoc />
    public static PasskeyId Parse(string s, IFormatProvider? provider) => TypedId.Parse<PasskeyId>(s);

    /// <inheritdoc />
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out PasskeyId result) =>
        TypedId.TryParse(s, out result);

    /// <inheritdoc />
    public override string ToString() => TypedId.Print(this);
}
