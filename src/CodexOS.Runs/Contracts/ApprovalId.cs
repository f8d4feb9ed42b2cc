using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;
using CodexOS.Platform.Ids;

namespace CodexOS.Runs.Contracts;

/// <summary>Names one request for a person's approval.</summary>
/// <param name="Value">The bare UUID version 7.</param>
[JsonConverter(typeof(TypedIdJsonConverter<ApprovalId>))]
public readonly record struct ApprovalId(Guid Value) : ITypedId<ApprovalId>, IComparable<ApprovalId>
{
    /// <inheritdoc />
    public static string Prefix => "apr";

    /// <inheritdoc />
    public static ApprovalId From(Guid value) => new(value);

    /// <summary>Makes a new id stamped with the clock's present time.</summary>
    public static ApprovalId New(TimeProvider clock) => TypedId.New<ApprovalId>(clock);

    /// <inheritdoc />
    public static ApprovalId Parse(string s, IFormatProvider? provider) => TypedId.Parse<ApprovalId>(s);

    /// <inheritdoc />
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out ApprovalId result) =>
        TypedId.TryParse(s, out result);

    /// <summary>Orders ids by their time of creation; queries page by it.</summary>
    public int CompareTo(ApprovalId other) => Value.CompareTo(other.Value);

    /// <inheritdoc />
    public override string ToString() => TypedId.Print(this);
}
