using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;
using CodexOS.Platform.Ids;

namespace CodexOS.Agents.Contracts;

/// <summary>Names an agent; its versions share the id.</summary>
/// <param name="Value">The bare UUID version 7.</param>
[JsonConverter(typeof(TypedIdJsonConverter<AgentId>))]
public readonly record struct AgentId(Guid Value) : ITypedId<AgentId>
{
    /// <inheritdoc />
    public static string Prefix => "agt";

    /// <inheritdoc />
    public static AgentId From(Guid value) => new(value);

    /// <summary>Makes a new id stamped with the clock's present time.</summary>
    public static AgentId New(TimeProvider clock) => TypedId.New<AgentId>(clock);

    /// <inheritdoc />
    public static AgentId Parse(string s, IFormatProvider? provider) => TypedId.Parse<AgentId>(s);

    /// <inheritdoc />
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out AgentId result) =>
        TypedId.TryParse(s, out result);

    /// <inheritdoc />
    public override string ToString() => TypedId.Print(this);
}
