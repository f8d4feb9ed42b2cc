using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;
using CodexOS.Platform.Ids;

namespace CodexOS.Trust.Contracts;

/// <summary>Names an entry of the audit log.</summary>
/// <param name="Value">The bare UUID version 7.</param>
[JsonConverter(typeof(TypedIdJsonConverter<AuditEntryId>))]
public readonly record struct AuditEntryId(Guid Value) : ITypedId<AuditEntryId>
{
    /// <inheritdoc />
    public static string Prefix => "aud";

    /// <inheritdoc />
    public static AuditEntryId From(Guid value) => new(value);

    /// <summary>Makes a new id stamped with the clock's present time.</summary>
    public static AuditEntryId New(TimeProvider clock) => TypedId.New<AuditEntryId>(clock);

    /// <inheritdoc />
    public static AuditEntryId Parse(string s, IFormatProvider? provider) => TypedId.Parse<AuditEntryId>(s);

    /// <inheritdoc />
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out AuditEntryId result) =>
        TypedId.TryParse(s, out result);

    /// <inheritdoc />
    public override string ToString() => TypedId.Print(this);
}
