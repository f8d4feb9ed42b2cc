using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace CodexOS.Platform.Ids;

/// <summary>Names a user: a person or a service account that signs in.</summary>
/// <param name="Value">The bare UUID version 7.</param>
[JsonConverter(typeof(TypedIdJsonConverter<UserId>))]
public readonly record struct UserId(Guid Value) : ITypedId<UserId>, IComparable<UserId>
{
    /// <inheritdoc />
    public static string Prefix => "usr";

    /// <inheritdoc />
    public static UserId From(Guid value) => new(value);

    /// <summary>Makes a new id stamped with the clock's present time.</summary>
    public static UserId New(TimeProvider clock) => TypedId.New<UserId>(clock);

    /// <inheritdoc />
    public static UserId Parse(string s, IFormatProvider? provider) => TypedId.Parse<UserId>(s);

    /// <inheritdoc />
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out UserId result) =>
        TypedId.TryParse(s, out result);

    /// <summary>Orders ids by their time of creation.</summary>
    public int CompareTo(UserId other) => Value.CompareTo(other.Value);

    /// <inheritdoc />
    public override string ToString() => TypedId.Print(this);
}
