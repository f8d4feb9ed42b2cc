using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;
using CodexOS.Platform.Ids;

namespace CodexOS.Tools.Contracts;

/// <summary>Names a file workspace: the folder of files that a run works on.</summary>
/// <param name="Value">The bare UUID version 7.</param>
[JsonConverter(typeof(TypedIdJsonConverter<WorkspaceId>))]
public readonly record struct WorkspaceId(Guid Value) : ITypedId<WorkspaceId>
{
    /// <inheritdoc />
    public static string Prefix => "wsp";

    /// <inheritdoc />
    public static WorkspaceId From(Guid value) => new(value);

    /// <summary>Makes a new id stamped with the clock's present time.</summary>
    public static WorkspaceId New(TimeProvider clock) => TypedId.New<WorkspaceId>(clock);

    /// <inheritdoc />
    public static WorkspaceId Parse(string s, IFormatProvider? provider) => TypedId.Parse<WorkspaceId>(s);

    /// <inheritdoc />
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out WorkspaceId result) =>
        TypedId.TryParse(s, out result);

    /// <inheritdoc />
    public override string ToString() => TypedId.Print(this);
}
