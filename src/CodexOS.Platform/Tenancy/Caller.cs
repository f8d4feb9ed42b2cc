using System.Collections.Frozen;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Ids;
using Microsoft.AspNetCore.Http;

namespace CodexOS.Platform.Tenancy;

/// <summary>Who makes a request: put on the request by the module that authenticates, read by everyone else.</summary>
/// <param name="Tenant">The tenant the caller acts in.</param>
/// <param name="User">The signed-in user, or the service account.</param>
/// <param name="Name">How the user is shown to people.</param>
/// <param name="Permissions">What the caller may do with everything of the tenant, as <c>resource:action</c>.</param>
public sealed record Caller(TenantId Tenant, UserId User, string Name, FrozenSet<string> Permissions)
{
    /// <summary>What the caller may do with single things beyond that.</summary>
    public FrozenSet<ResourceGrant> Grants { get; init; } = FrozenSet<ResourceGrant>.Empty;

    /// <summary>What the caller may do in projects, each of which is some of the tenant's things.</summary>
    public IReadOnlyList<CallerProject> Projects { get; init; } = [];

    /// <summary>How the caller showed who it is.</summary>
    public CallerProof Proof { get; init; } = CallerProof.Session;

    /// <summary>The API key that the request came with, as <c>key_…</c>; null in a session.</summary>
    public string? KeyId { get; init; }

    /// <summary>The OAuth client that acts for the caller, as <c>cli_…</c>; null if they act themselves.</summary>
    public string? ClientId { get; init; }

    /// <summary>Why the caller may do nothing at present although it is a member; null if nothing is withheld.</summary>
    public Fault? Withheld { get; init; }

    /// <summary>Whether the caller may do something with everything of the tenant.</summary>
    public bool May(string permission) => Permissions.Contains(permission);

    /// <summary>Whether the caller may do something with one thing.</summary>
    public bool May(string permission, Resource resource) =>
        Permissions.Contains(permission) || Grants.Contains(new ResourceGrant(resource, permission))
        || Projects.Any(project => project.Gives(permission, resource));

    /// <summary>Whether the caller may do something with everything of the tenant, with some of it, or in a project.</summary>
    public bool MaySomewhere(string permission) =>
        Permissions.Contains(permission) || Grants.Any(grant => grant.Permission == permission)
        || Projects.Any(project => project.Permissions.Contains(permission));

    /// <summary>
    /// With which things of a kind the caller may do something, by name; null for all of the tenant. A list shows no others.
    /// </summary>
    public IReadOnlySet<string>? NamesWith(string permission, string kind)
    {
        if (Permissions.Contains(permission)) return null;
        var names = Grants.Where(grant => grant.Permission == permission).Select(static grant => grant.Resource)
            .Concat(Projects.Where(project => project.Permissions.Contains(permission))
                .SelectMany(static project => project.All));
        return names.Where(resource => resource.Kind == kind).Select(static resource => resource.Name)
            .ToHashSet(StringComparer.Ordinal);
    }

    /// <summary>The same caller, held to some permissions.</summary>
    public Caller HeldTo(IReadOnlySet<string> permissions)
    {
        ArgumentNullException.ThrowIfNull(permissions);
        return this with
        {
            Permissions = Permissions.Where(permissions.Contains).ToFrozenSet(StringComparer.Ordinal),
            Grants = Grants.Where(grant => permissions.Contains(grant.Permission)).ToFrozenSet(),
            Projects = [.. Projects.Select(project => project.HeldTo(permissions))],
        };
    }

    /// <summary>What is said if the caller may not do something with everything of the tenant; null if it may.</summary>
    public Fault? Lacks(string permission) => May(permission)
        ? null
        : Withheld ?? new Fault(
            "identity.not_allowed",
            FaultKind.NotAllowed,
            $"This needs the permission {permission}. Ask an administrator of your tenant for it.");

    /// <summary>Hands the caller to an endpoint handler.</summary>
    /// <exception cref="InvalidOperationException">The endpoint is open to anonymous callers, which is a bug.</exception>
    public static ValueTask<Caller> BindAsync(HttpContext context) =>
        ValueTask.FromResult(Of(context) ?? throw new InvalidOperationException("The endpoint has no caller."));

    /// <summary>The caller of a request, or null if nobody is signed in.</summary>
    public static Caller? Of(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return context.Features.Get<Caller>();
    }

    /// <summary>
    /// The caller of a request that goes on for long, as they are by now: what they may do can have changed since it began. Null
    /// if they are out, or nobody can say.
    /// </summary>
    public static ValueTask<Caller?> NowAsync(HttpContext context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(context);
        return context.Features.Get<CallerLookup>()?.FindAsync(cancellationToken) ?? ValueTask.FromResult<Caller?>(null);
    }
}

/// <summary>What a caller may do in one project: with the things that lie in it, and with the project itself.</summary>
/// <param name="Name">The project.</param>
/// <param name="Role">The caller's role in it, by name.</param>
/// <param name="Permissions">What the role holds of what can be granted on single things, as <c>resource:action</c>.</param>
/// <param name="Things">What lies in the project.</param>
public sealed record CallerProject(string Name, string Role, FrozenSet<string> Permissions, FrozenSet<Resource> Things)
{
    /// <summary>
    /// The project itself. What somebody may do with things of a kind is held on it too: it says what they may make in it.
    /// </summary>
    public Resource Itself => new(ResourceKinds.Project, Name);

    /// <summary>The things, and the project.</summary>
    internal IEnumerable<Resource> All => Things.Append(Itself);

    /// <summary>Whether the caller may do something with one thing because of this project.</summary>
    public bool Gives(string permission, Resource resource) =>
        Permissions.Contains(permission) && (Things.Contains(resource) || resource == Itself);

    /// <summary>The same, held to some permissions.</summary>
    internal CallerProject HeldTo(IReadOnlySet<string> permissions) =>
        this with { Permissions = Permissions.Where(permissions.Contains).ToFrozenSet(StringComparer.Ordinal) };
}

/// <summary>Finds the caller of a request once more: put on the request together with the caller.</summary>
/// <param name="FindAsync">Finds them; null if they are out.</param>
public sealed record CallerLookup(Func<CancellationToken, ValueTask<Caller?>> FindAsync);

/// <summary>How a caller showed who it is.</summary>
public enum CallerProof
{
    /// <summary>A person signed in.</summary>
    Session,

    /// <summary>A program brought an API key.</summary>
    ApiKey,

    /// <summary>An OAuth client brought an access token, for a person who lets it or for a service account.</summary>
    Client,
}
