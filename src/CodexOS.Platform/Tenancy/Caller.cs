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
        Permissions.Contains(permission) || Grants.Contains(new ResourceGrant(resource, permission));

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
}

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
