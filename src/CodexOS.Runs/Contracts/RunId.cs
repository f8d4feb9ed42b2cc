using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;
using CodexOS.Platform.Ids;

namespace CodexOS.Runs.Contracts;

/// <summary>Names a run.</summary>
/// <param name="Value">The bare UUID version 7.</param>
[JsonConverter(typeof(TypedIdJsonConverter<RunId>))]
public readonly record struct RunId(Guid Value) : ITypedId<RunId>, IComparable<RunId>
{
    /// <inheritdoc />
    public static string Prefix => "run";

    /// <inheritdoc />
    public static RunId From(Guid value) => new(value);

    /// <summary>Makes a new id stamped with the clock's present time.</summary>
    public static RunId New(TimeProvider clock) => TypedId.New<RunId>(clock);

    /// <inheritdoc />
    public static RunId Parse(string s, IFormatProvider? provider) => TypedId.Parse<RunId>(s);

    /// <inheritdoc />
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out RunId result) =>
        TypedId.TryParse(s, out result);

    /// <summary>Orders ids by their time of creation; queries page by it.</summary>
    public int CompareTo(RunId other) => Value.CompareTo(other.Value);

    /// <inheritdoc />
    public override string ToString() => TypedId.Print(this);
}
