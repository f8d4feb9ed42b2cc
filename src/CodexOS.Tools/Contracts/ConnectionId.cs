using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;
using CodexOS.Platform.Ids;

namespace CodexOS.Tools.Contracts;

/// <summary>Names a connection: a tenant's source of tools.</summary>
/// <param name="Value">The bare UUID version 7.</param>
[JsonConverter(typeof(TypedIdJsonConverter<ConnectionId>))]
public readonly record struct ConnectionId(Guid Value) : ITypedId<ConnectionId>
{
    /// <inheritdoc />
    public static string Prefix => "con";

    /// <inheritdoc />
    public static ConnectionId From(Guid value) => new(value);

    /// <summary>Makes a new id stamped with the clock's present time.</summary>
    public static ConnectionId New(TimeProvider clock) => TypedId.New<ConnectionId>(clock);

    /// <inheritdoc />
    public static ConnectionId Parse(string s, IFormatProvider? provider) => TypedId.Parse<ConnectionId>(s);

    /// <inheritdoc />
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out ConnectionId result) =>
        TypedId.TryParse(s, out result);

    /// <inheritdoc />
    public override string ToString() => TypedId.Print(this);
}
