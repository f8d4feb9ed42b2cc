using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;
using CodexOS.Platform.Ids;

namespace CodexOS.Knowledge.Contracts;

/// <summary>Names a knowledge base.</summary>
/// <param name="Value">The bare UUID version 7.</param>
[JsonConverter(typeof(TypedIdJsonConverter<KnowledgeBaseId>))]
public readonly record struct KnowledgeBaseId(Guid Value) : ITypedId<KnowledgeBaseId>
{
    /// <inheritdoc />
    public static string Prefix => "kb";

    /// <inheritdoc />
    public static KnowledgeBaseId From(Guid value) => new(value);

    /// <summary>Makes a new id stamped with the clock's present time.</summary>
    public static KnowledgeBaseId New(TimeProvider clock) => TypedId.New<KnowledgeBaseId>(clock);

    /// <inheritdoc />
    public static KnowledgeBaseId Parse(string s, IFormatProvider? provider) => TypedId.Parse<KnowledgeBaseId>(s);

    /// <inheritdoc />
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out KnowledgeBaseId result) =>
        TypedId.TryParse(s, out result);

    /// <inheritdoc />
    public override string ToString() => TypedId.Print(this);
}
