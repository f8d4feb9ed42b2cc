using System.Diagnostics.CodeAnalysis;
using CodexOS.Platform.Ids;

namespace CodexOS.Identity.Projects;

/// <summary>
/// Names a project. It stays inside: people and the API name projects by their names, and a project that takes the name of one
/// that is gone has another id, so that nothing of that one is found for it.
/// </summary>
/// <param name="Value">The bare UUID version 7.</param>
internal readonly record struct ProjectId(Guid Value) : ITypedId<ProjectId>
{
    public static string Prefix => "prj";

    public static ProjectId From(Guid value) => new(value);

    public static ProjectId New(TimeProvider clock) => TypedId.New<ProjectId>(clock);

    public static ProjectId Parse(string s, IFormatProvider? provider) => TypedId.Parse<ProjectId>(s);

    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out ProjectId result) =>
        TypedId.TryParse(s, out result);

    public override string ToString() => TypedId.Print(this);
}
