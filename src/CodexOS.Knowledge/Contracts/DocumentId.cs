using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;
using CodexOS.Platform.Ids;

namespace CodexOS.Knowledge.Contracts;

/// <summary>Names a document of a knowledge base.</summary>
/// <param name="Value">The bare UUID version 7.</param>
[JsonConverter(typeof(TypedIdJsonConverter<DocumentId>))]
public readonly record struct DocumentId(Guid Value) : ITypedId<DocumentId>, IComparable<DocumentId>
{
    /// <inheritdoc />
    public static string Prefix => "doc";

    /// <inheritdoc />
    public static DocumentId From(Guid value) => new(value);

    /// <summary>Makes a new id stamped with the clock's present time.</summary>
    public static DocumentId New(TimeProvider clock) => TypedId.New<DocumentId>(clock);

    /// <inheritdoc />
    public static DocumentId Parse(string s, IFormatProvider? provider) => TypedId.Parse<DocumentId>(s);

    /// <inheritdoc />
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out DocumentId result) =>
        TypedId.TryParse(s, out result);

    /// <summary>Orders ids by their time of creation; queries page by it.</summary>
    public int CompareTo(DocumentId other) => Value.CompareTo(other.Value);

    /// <inheritdoc />
    public override string ToString() => TypedId.Print(this);
}
