using CodexOS.Identity.Contracts;
using CodexOS.Platform.Ids;

namespace CodexOS.Identity.Access;

/// <summary>Somebody who can do what was asked about.</summary>
/// <param name="Subject">Who.</param>
/// <param name="Kind">What they are.</param>
/// <param name="Name">How they are shown to people.</param>
/// <param name="Role">Their role.</param>
/// <param name="ByRole">Whether their role holds the permission, for everything of the tenant.</param>
/// <param name="ByGrants">The grants that give it to them on single things.</param>
/// <param name="ByProjects">Their roles in projects that give it to them on the things there.</param>
public sealed record AccessHolder(
    UserId Subject, SubjectKind Kind, string Name, string Role, bool ByRole, IReadOnlyList<AccessGrant> ByGrants,
    IReadOnlyList<AccessProject> ByProjects);

/// <summary>A grant that gives somebody the permission that was asked about.</summary>
/// <param name="Id">The grant.</param>
/// <param name="Resource">On what.</param>
public sealed record AccessGrant(GrantId Id, string Resource);

/// <summary>A role in a project that gives somebody the permission that was asked about.</summary>
/// <param name="Project">The project.</param>
/// <param name="Role">Their role in it.</param>
public sealed record AccessProject(string Project, string Role);

/// <summary>All access to a tenant at one moment, for those who have to look it over.</summary>
/// <param name="Tenant">The tenant.</param>
/// <param name="TenantName">Its name.</param>
/// <param name="GeneratedAt">When it was read.</param>
/// <param name="Entries">Every member, service account, grant, role in a project, API key and application.</param>
public sealed record AccessReview(
    TenantId Tenant, string TenantName, DateTimeOffset GeneratedAt, IReadOnlyList<AccessReviewEntry> Entries);

/// <summary>One way into a tenant.</summary>
/// <param name="Entry">What it is.</param>
/// <param name="Id">
/// The member's or service account's, the grant's or the key's id; of a role in a project, the project's name; of an
/// application, the id of the session it acts in, or its own where it acts for a service account.
/// </param>
/// <param name="Subject">Who has it.</param>
/// <param name="SubjectKind">What they are.</param>
/// <param name="SubjectName">How they are shown to people.</param>
/// <param name="Email">A person's email address.</param>
/// <param name="State"><c>active</c>, <c>disabled</c>, <c>expired</c> or <c>revoked</c>.</param>
/// <param name="Role">The role; in a project, the one there; of a key, a grant or an application, its subject's.</param>
/// <param name="Permissions">What it lets them do, sorted, with a space between.</param>
/// <param name="Resource">On which one thing, or in which project; null for everything of the tenant.</param>
/// <param name="SecondFactor">Whether the person has set up a second factor; null for programs.</param>
/// <param name="GivenAt">Since when.</param>
/// <param name="ExpiresAt">Until when, where that is set.</param>
/// <param name="LastUsedAt">When a session or the key was used last, as far as it is known.</param>
/// <param name="Application">What an application is called; null for whatever is none.</param>
public sealed record AccessReviewEntry(
    AccessEntryKind Entry, string Id, UserId Subject, SubjectKind SubjectKind, string SubjectName, string? Email,
    string State, string Role, string Permissions, string? Resource, bool? SecondFactor, DateTimeOffset GivenAt,
    DateTimeOffset? ExpiresAt, DateTimeOffset? LastUsedAt, string? Application = null);

/// <summary>What gives access.</summary>
public enum AccessEntryKind
{
    /// <summary>A role that a member or a service account has.</summary>
    Role,

    /// <summary>A permission on one thing.</summary>
    Grant,

    /// <summary>A role in a project.</summary>
    Project,

    /// <summary>An API key.</summary>
    ApiKey,

    /// <summary>An OAuth client that somebody lets act for them, or that acts for a service account.</summary>
    Application,
}
