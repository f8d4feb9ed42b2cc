using System.Diagnostics.CodeAnalysis;
using CodexOS.Platform.Ids;

namespace CodexOS.Identity.Access;

/// <summary>Names a role that a tenant made itself. It stays inside: people and the API name roles by their names.</summary>
/// <param name="Value">The bare UUID version 7.</param>
internal readonly record struct RoleId(Guid Value) : ITypedId<RoleId>
{
    public static string Prefix => "rol";

    public static RoleId From(Guid value) => new(value);

    public static RoleId New(TimeProvider clock) => TypedId.New<RoleId>(clock);

    public static RoleId Parse(string s, IFormatProvider? provider) => TypedId.Parse<RoleId>(s);

    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out RoleId result) =>
        TypedId.TryParse(s, out result);

    public override string ToString() => TypedId.Print(this);
}
