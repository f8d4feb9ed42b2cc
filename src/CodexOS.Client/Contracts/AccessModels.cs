namespace CodexOS.Client.Contracts;

/// <summary>A line of the permission table.</summary>
/// <param name="Permission">The permission, as <c>resource:action</c>.</param>
/// <param name="Meaning">What it lets somebody do.</param>
/// <param name="Roles">The built-in roles that hold it.</param>
/// <param name="ResourceKind">The kind of thing on which it can be granted one by one; null if it cannot.</param>
public sealed record PermissionEntry(
    string Permission, string Meaning, IReadOnlyList<string> Roles, string? ResourceKind = null);

/// <summary>A role: what its holders may do.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Description">What it is for.</param>
/// <param name="BuiltIn">Whether it comes with CodexOS and cannot be changed.</param>
/// <param name="Permissions">What its holders may do.</param>
/// <param name="Revision">Grows with every change; 0 for a built-in role.</param>
public sealed record Role(
    string Name, string Description, bool BuiltIn, IReadOnlyList<string> Permissions, int Revision);

/// <summary>A role to make.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Permissions">What its holders may do.</param>
/// <param name="Description">What it is for.</param>
public sealed record CreateRole(string Name, IReadOnlyList<string> Permissions, string Description = "");

/// <summary>What to change of a role; null stays.</summary>
/// <param name="Description">What it is for.</param>
/// <param name="Permissions">All that its holders may do from now on.</param>
/// <param name="Revision">The revision that is to be changed.</param>
public sealed record UpdateRole(
    string? Description = null, IReadOnlyList<string>? Permissions = null, int? Revision = null);

/// <summary>What somebody may do with one thing beyond their role.</summary>
/// <param name="Id">Its id, <c>grt_…</c>.</param>
/// <param name="Subject">Who: a member or a service account.</param>
/// <param name="SubjectName">How they are shown to people.</param>
/// <param name="Resource">With what, as <c>kind:name</c>.</param>
/// <param name="Permission">What.</param>
/// <param name="CreatedAt">When it was granted.</param>
/// <param name="CreatedBy">Who granted it.</param>
public sealed record Grant(
    string Id, string Subject, string SubjectName, string Resource, string Permission, DateTimeOffset CreatedAt,
    string CreatedBy);

/// <summary>Something to grant.</summary>
/// <param name="Subject">To whom, by id.</param>
/// <param name="Resource">With what, as <c>kind:name</c>.</param>
/// <param name="Permission">What.</param>
public sealed record CreateGrant(string Subject, string Resource, string Permission);

/// <summary>Somebody who can do what was asked about.</summary>
/// <param name="Subject">Who, by id.</param>
/// <param name="Kind"><c>user</c> or <c>serviceAccount</c>.</param>
/// <param name="Name">How they are shown to people.</param>
/// <param name="Role">Their role.</param>
/// <param name="ByRole">Whether their role holds the permission, for everything of the tenant.</param>
/// <param name="ByGrants">The grants that give it to them on single things.</param>
/// <param name="ByProjects">Their roles in projects that give it to them on the things there.</param>
public sealed record AccessHolder(
    string Subject, string Kind, string Name, string Role, bool ByRole, IReadOnlyList<AccessGrant> ByGrants,
    IReadOnlyList<AccessProject> ByProjects);

/// <summary>A role in a project that gives somebody a permission.</summary>
/// <param name="Project">The project.</param>
/// <param name="Role">Their role in it.</param>
public sealed record AccessProject(string Project, string Role);

/// <summary>A grant that gives somebody a permission.</summary>
/// <param name="Id">The grant.</param>
/// <param name="Resource">On what.</param>
public sealed record AccessGrant(string Id, string Resource);

/// <summary>An API key, without the key itself.</summary>
/// <param name="Id">Its id, <c>key_…</c>.</param>
/// <param name="Name">What its owner calls it.</param>
/// <param name="Hint">The first characters of the key.</param>
/// <param name="Owner">Whom it acts for.</param>
/// <param name="OwnerName">How the owner is shown to people.</param>
/// <param name="OwnerKind"><c>user</c> or <c>serviceAccount</c>.</param>
/// <param name="Scopes">What it may do at most.</param>
/// <param name="State"><c>active</c>, <c>expired</c> or <c>revoked</c>.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="ExpiresAt">When it ends.</param>
/// <param name="LastUsedAt">When it was used last, roughly.</param>
/// <param name="RevokedAt">When it was revoked.</param>
/// <param name="Replaces">The key in whose place it was made.</param>
/// <param name="ReplacedBy">The key that was made in its place; it goes on beside that until <paramref name="ExpiresAt"/>.</param>
public sealed record ApiKey(
    string Id, string Name, string Hint, string Owner, string OwnerName, string OwnerKind, IReadOnlyList<string> Scopes,
    string State, DateTimeOffset CreatedAt, DateTimeOffset ExpiresAt, DateTimeOffset? LastUsedAt = null,
    DateTimeOffset? RevokedAt = null, string? Replaces = null, string? ReplacedBy = null);

/// <summary>A key that was made just now.</summary>
/// <param name="Key">The key. It is shown this once.</param>
/// <param name="ApiKey">What is known of it.</param>
public sealed record CreatedApiKey(string Key, ApiKey ApiKey);

/// <summary>A key to make.</summary>
/// <param name="Name">What to call it.</param>
/// <param name="Scopes">What it may do; everything its owner may if null.</param>
/// <param name="ExpiresInDays">In how many days it ends; as configured if null.</param>
public sealed record CreateApiKey(string Name, IReadOnlyList<string>? Scopes = null, int? ExpiresInDays = null);

/// <summary>How to replace a key.</summary>
/// <param name="OverlapSeconds">For how long the old one goes on; a day if null.</param>
internal sealed record RotateApiKeyBody(int? OverlapSeconds);

/// <summary>A program that acts in the tenant in its own name, by API keys.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">Its name.</param>
/// <param name="Description">What it is for.</param>
/// <param name="Role">Its role.</param>
/// <param name="State"><c>active</c> or <c>disabled</c>.</param>
/// <param name="KeysCount">How many keys it has that can be used.</param>
/// <param name="CreatedAt">When it was made.</param>
public sealed record ServiceAccount(
    string Id, string Name, string Description, string Role, string State, int KeysCount, DateTimeOffset CreatedAt);

/// <summary>A service account to make.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Role">Its role.</param>
/// <param name="Description">What it is for.</param>
public sealed record CreateServiceAccount(string Name, string Role, string Description = "");

/// <summary>What to change of a service account; null stays.</summary>
/// <param name="Description">What it is for.</param>
/// <param name="Role">Its role.</param>
/// <param name="State"><c>active</c> or <c>disabled</c>.</param>
public sealed record UpdateServiceAccount(string? Description = null, string? Role = null, string? State = null);
