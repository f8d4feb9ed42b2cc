using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;
using CodexOS.Platform.Ids;

namespace CodexOS.Knowledge.Contracts;

/// <summary>Names a source of a knowledge base.</summary>
/// <param name="Value">The bare UUID version 7.</param>
[JsonConverter(typeof(TypedIdJsonConverter<SourceId>))]
public readonly record struct SourceId(Guid Value) : ITypedId<SourceId>
{
    /// <inheritdoc />
    public static string Prefix => "src";

    /// <inheritdoc />
    public static SourceId From(Guid value) => new(value);

    /// <summary>Makes a new id stamped with the clock's present time.</summary>
    public static SourceId New(TimeProvider clock) => TypedId.New<SourceId>(clock);

    /// <inheritdoc />
    public static SourceId Parse(string s, IFormatProvider? provider) => TypedId.Parse<SourceId>(s);

    /// <inheritdoc />
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out SourceId result) =>
        TypedId.TryParse(s, out result);

    /// <inheritdoc />
    public override string ToString() => TypedId.Print(this);
}
