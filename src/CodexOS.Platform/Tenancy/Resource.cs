using System.Diagnostics.CodeAnalysis;

namespace CodexOS.Platform.Tenancy;

/// <summary>
/// One thing of a tenant on which a permission can be granted, as the API addresses it: <c>agent:reviewer</c>,
/// <c>workspace:wsp_…</c>.
/// </summary>
/// <param name="Kind">What kind of thing it is; the kinds are in <see cref="ResourceKinds"/>.</param>
/// <param name="Name">Its name or id, exactly as it stands in the addresses of the API.</param>
public readonly record struct Resource(string Kind, string Name)
{
    /// <summary>The longest name that is taken.</summary>
    public const int NameLengthMax = 200;

    /// <summary>Reads <c>kind:name</c> of a kind that is known.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out Resource resource)
    {
        resource = default;
        var at = text?.IndexOf(':', StringComparison.Ordinal) ?? -1;
        if (at < 0) return false;
        resource = new Resource(text![..at], text[(at + 1)..]);
        return ResourceKinds.All.Contains(resource.Kind)
            && resource.Name.Length is > 0 and <= NameLengthMax
            && !resource.Name.Any(static character => char.IsControl(character) || char.IsWhiteSpace(character));
    }

    /// <summary>The printed form.</summary>
    public override string ToString() => $"{Kind}:{Name}";
}

/// <summary>The kinds of things on which permissions can be granted one by one.</summary>
public static class ResourceKinds
{
    /// <summary>An agent, by name.</summary>
    public const string Agent = "agent";

    /// <summary>A connection, by name.</summary>
    public const string Connection = "connection";

    /// <summary>A knowledge base, by name.</summary>
    public const string Knowledge = "knowledge";

    /// <summary>A project, by name: some of the tenant's things, and who may do what with them.</summary>
    public const string Project = "project";

    /// <summary>A file workspace, by id.</summary>
    public const string Workspace = "workspace";

    /// <summary>All of them.</summary>
    public static IReadOnlyList<string> All { get; } = [Agent, Connection, Knowledge, Project, Workspace];
}

/// <summary>That a caller may do something with one thing, beyond what may be done with all of them.</summary>
/// <param name="Resource">The thing.</param>
/// <param name="Permission">What may be done, as <c>resource:action</c>.</param>
public readonly record struct ResourceGrant(Resource Resource, string Permission);
