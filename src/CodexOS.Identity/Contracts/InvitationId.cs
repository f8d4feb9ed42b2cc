using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;
using CodexOS.Platform.Ids;

namespace CodexOS.Identity.Contracts;

/// <summary>Names an invitation; it is not its link.</summary>
/// <param name="Value">The bare UUID version 7.</param>
[JsonConverter(typeof(TypedIdJsonConverter<InvitationId>))]
public readonly record struct InvitationId(Guid Value) : ITypedId<InvitationId>, IComparable<InvitationId>
{
    /// <inheritdoc />
    public static string Prefix => "inv";

    /// <inheritdoc />
    public static InvitationId From(Guid value) => new(value);

    /// <summary>Makes a new id stamped with the clock's present time.</summary>
    public static InvitationId New(TimeProvider clock) => TypedId.New<InvitationId>(clock);

    /// <inheritdoc />
    public static InvitationId Parse(string s, IFormatProvider? provider) => TypedId.Parse<InvitationId>(s);

    /// <inheritdoc />
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out InvitationId result) =>
        TypedId.TryParse(s, out result);

    /// <summary>Orders ids by their time of creation.</summary>
    public int CompareTo(InvitationId other) => Value.CompareTo(other.Value);

    /// <inheritdoc />
    public override string ToString() => TypedId.Print(this);
}
