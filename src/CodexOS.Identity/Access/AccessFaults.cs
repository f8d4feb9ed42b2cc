using CodexOS.Identity.Permissions;
using CodexOS.Platform.Faults;

namespace CodexOS.Identity.Access;

/// <summary>What is said when access cannot be given, changed or taken as asked.</summary>
internal static class AccessFaults
{
    public static Fault OwnersByOwners { get; } = new(
        "identity.owners_only",
        FaultKind.NotAllowed,
        "Only an owner who is signed in can make an owner, or change and remove one.");

    public static Fault BeyondOwn { get; } = new(
        "identity.beyond_own",
        FaultKind.NotAllowed,
        "That role may do more than you may. Ask somebody who holds all of its permissions.");

    public static Fault SubjectNotFound { get; } = new(
        "identity.subject_not_found",
        FaultKind.NotFound,
        "There is no member and no service account of this id in your tenant.");

    public static Fault RoleNotFound(string name) => new(
        "identity.role_not_found", FaultKind.NotFound, $"There is no role '{name}'. GET /api/v1/roles lists them.");

    public static Fault UnknownPermissions(IEnumerable<string> names) => new(
        "identity.unknown_permission",
        FaultKind.Invalid,
        $"There is no permission {string.Join(", ", names.Select(static name => $"'{name}'"))}. "
        + "GET /api/v1/permissions lists them.");

    public static Fault NotHeld(IEnumerable<string> names) => new(
        "identity.beyond_own",
        FaultKind.NotAllowed,
        $"You cannot give what you do not hold: {string.Join(", ", names)}.");

    /// <summary>What is wrong with giving these permissions on, or null.</summary>
    public static Fault? OfGiving(IReadOnlyCollection<string> permissions, Func<string, bool> isHeld)
    {
        var unknown = permissions.Where(static name => !PermissionTable.Has(name)).Order(StringComparer.Ordinal).ToList();
        if (unknown.Count > 0) return UnknownPermissions(unknown);
        var missing = permissions.Where(name => !isHeld(name)).Order(StringComparer.Ordinal).ToList();
        return missing.Count > 0 ? NotHeld(missing) : null;
    }

    /// <summary>What is wrong with an actor's giving or taking a standing, or null.</summary>
    public static Fault? OfReaching(Actor actor, Standing standing) =>
        actor.Covers(standing) ? null : standing.IsOwner ? OwnersByOwners : BeyondOwn;
}
