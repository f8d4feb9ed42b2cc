using System.Collections.Frozen;
using System.Diagnostics;
using CodexOS.Identity.Contracts;
using CodexOS.Identity.Permissions;
using CodexOS.Identity.Sessions;
using CodexOS.Platform.Tenancy;
using Microsoft.AspNetCore.Http;

namespace CodexOS.Identity.Access;

/// <summary>What somebody is in a tenant.</summary>
/// <param name="Role">The role's name.</param>
/// <param name="IsOwner">Whether it is the role of owners, whom only owners can make and unmake.</param>
/// <param name="Permissions">What the role may do.</param>
internal sealed record Standing(string Role, bool IsOwner, FrozenSet<string> Permissions)
{
    public static Standing Of(Role role) => new(RoleNames.Of(role), role is Contracts.Role.Owner, PermissionTable.Of(role));

    public static Standing Of(string name, string permissions) => new(name, false, PermissionList.Read(permissions));

    /// <summary>The standing of a row that has a built-in role, or else the name and permissions of a tenant's own.</summary>
    public static Standing Of(Role? role, string? name, string? permissions) => (role, name, permissions) switch
    {
        ({ } builtIn, _, _) => Of(builtIn),
        (null, { } own, { } stored) => Of(own, stored),
        _ => throw new UnreachableException("A member has neither a built-in role nor one of the tenant's."),
    };

    /// <summary>The same in a tenant, which may not be the first one.</summary>
    public Standing In(bool isHome) => this with { Permissions = PermissionTable.Within(Permissions, isHome) };
}

/// <summary>Who changes what others may do.</summary>
/// <param name="Caller">The caller.</param>
/// <param name="IsOwner">Whether an owner is signed in; an owner's API key does not make one.</param>
internal sealed record Actor(Caller Caller, bool IsOwner)
{
    /// <summary>
    /// Whether the actor may give, change or take a standing: nobody reaches beyond what they hold themselves, so that no
    /// chain of small steps leads up.
    /// </summary>
    public bool Covers(Standing standing) =>
        IsOwner || (!standing.IsOwner && standing.Permissions.IsSubsetOf(Caller.Permissions));

    /// <summary>Hands the actor to an endpoint.</summary>
    public static async ValueTask<Actor> BindAsync(HttpContext context) => new(
        await Caller.BindAsync(context), context.Features.Get<SignedIn>()?.Standing.IsOwner ?? false);
}
