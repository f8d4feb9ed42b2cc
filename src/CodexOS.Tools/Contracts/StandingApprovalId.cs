using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;
using CodexOS.Platform.Ids;

namespace CodexOS.Tools.Contracts;

/// <summary>Names an approval that was given in advance.</summary>
/// <param name="Value">The bare UUID version 7.</param>
[JsonConverter(typeof(TypedIdJsonConverter<StandingApprovalId>))]
public readonly record struct StandingApprovalId(Guid Value) : ITypedId<StandingApprovalId>, IComparable<StandingApprovalId>
{
    /// <inheritdoc />
    public static string Prefix => "sap";

    /// <inheritdoc />
    public static StandingApprovalId From(Guid value) => new(value);

    /// <summary>Makes a new id stamped with the clock's present time.</summary>
    public static StandingApprovalId New(TimeProvider clock) => TypedId.New<StandingApprovalId>(clock);

    /// <inheritdoc />
    public static StandingApprovalId Parse(string s, IFormatProvider? provider) => TypedId.Parse<StandingApprovalId>(s);

    /// <inheritdoc />
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out StandingApprovalId result) =>
        TypedId.TryParse(s, out result);

    /// <summary>Orders ids by their time of creation.</summary>
    public int CompareTo(StandingApprovalId other) => Value.CompareTo(other.Value);

    /// <inheritdoc />
    public override string ToString() => TypedId.Print(this);
}
