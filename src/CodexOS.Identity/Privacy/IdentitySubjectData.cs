using System.Buffers.Text;
using System.Data.Common;
using System.Runtime.CompilerServices;
using CodexOS.Identity.Access;
using CodexOS.Identity.Contracts;
using CodexOS.Identity.Members;
using CodexOS.Identity.Scim.Users;
using CodexOS.Identity.Sessions;
using CodexOS.Identity.Storage;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Tenancy;
using CodexOS.Trust.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;

namespace CodexOS.Identity.Privacy;

/// <summary>What a tenant knows of its members: account, membership, sessions, passkeys, keys, grants,
/// projects, invitations.</summary>
internal sealed class IdentitySubjectData(
    IDbContextFactory<IdentityDbContext> databases, KnownCallers callers, IAuditLog audit, IAuditSubjects subjects,
    ScimUserReader scim, TenantContext tenants, TimeProvider clock) : ISubjectData, ISubjectDirectory
{
    private const string Erased = "erased";

    /// <inheritdoc />
    public string Name => "identity";

    /// <inheritdoc />
    public IReadOnlyList<SubjectDocument> Documents =>
    [
        SubjectDocument.Of<SubjectAccount>("account", "The account, and how the person belongs to the tenant.", ReadAccountAsync),
        SubjectDocument.Of<SubjectSession>("sessions", "The sessions on devices and in applications, as long as they are kept.", ReadSessionsAsync),
        SubjectDocument.Of<SubjectPasskey>("passkeys", "The passkeys that the person signs in with; their secret halves are on the devices.", ReadPasskeysAsync),
        SubjectDocument.Of<SubjectProviderAccount>("identity-providers", "Who the person is at the tenant's identity providers.", ReadProviderAccountsAsync),
        SubjectDocument.Of<SubjectProvisioning>("provisioning", "What the tenant's identity provider said of the person over SCIM.", ReadProvisioningAsync),
        SubjectDocument.Of<SubjectApiKey>("api-keys", "The API keys that act for the person, without the keys themselves.", ReadKeysAsync),
        SubjectDocument.Of<SubjectGrant>("grants", "What the person may do with single things.", ReadGrantsAsync),
        SubjectDocument.Of<SubjectProject>("projects", "The projects that the person belongs to.", ReadProjectsAsync),
        SubjectDocument.Of<SubjectInvitation>("invitations", "The open invitations that the person sent.", ReadInvitationsAsync),
    ];

    /// <inheritdoc />
    public async Task<DataSubject?> FindAsync(UserId id, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        return await (
            from member in db.Memberships
            join user in db.Users on member.UserId equals user.UserId
            where member.UserId == id
            select new DataSubject(user.UserId, user.Email, user.DisplayName)).SingleOrDefaultAsync(cancellationToken);
    }

    /// <inheritdoc />
    public async Task<IReadOnlyList<TenantId>> TenantsAsync(CancellationToken cancellationToken)
    {
        using var work = tenants.EnterWork(IdentityWork.Tenants);
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        return await db.Tenants.Select(static row => row.TenantId).ToListAsync(cancellationToken);
    }

    /// <inheritdoc />
    public async Task<Fault?> RefusalAsync(DataSubject subject, ErasureWish wish, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        return await MemberStore.IsLastOwnerAsync(db, subject.Id, cancellationToken) ? LastOwner : null;
    }

    /// <inheritdoc />
    public async Task<Result<SubjectErasure>> EraseAsync(
        DataSubject subject, ErasureWish wish, CancellationToken cancellationToken)
    {
        var id = subject.Id;
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        await MemberStore.TakeTurnAsync(db, tenants.Required, cancellationToken);
        if (await MemberStore.IsLastOwnerAsync(db, id, cancellationToken)) return LastOwner;
        await EraseInvitationsAsync(db, id, transaction.GetDbTransaction(), cancellationToken);
        var kept = new List<KeptData>();
        var accounts = 0;
        if (await MemberStore.IsElsewhereAsync(db, tenants, id, cancellationToken))
            kept.Add(new KeptData("account", "They belong to other tenants too, which did not ask for this. What this tenant knew is gone."));
        else
            accounts = await EraseAccountAsync(db, id, cancellationToken);
        await db.SsoSignIns.Where(row => row.UserId == id).ExecuteDeleteAsync(cancellationToken);
        var sessions = await db.Sessions.Where(row => row.UserId == id && row.Client != Erased).ExecuteUpdateAsync(
            set => set.SetProperty(row => row.Client, Erased), cancellationToken);
        var memberships = await MemberStore.TakeOutAsync(db, id, clock.GetUtcNow(), cancellationToken);
        await audit.RecordAsync(
            AuditEntry.Done("members.erase").On("user", id.ToString()).By(AuditActor.Of(wish.By)), db, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        callers.Forget(id);
        return new SubjectErasure(
            new Dictionary<string, long>(StringComparer.Ordinal)
            {
                ["accounts"] = accounts,
                ["memberships"] = memberships,
                ["sessions"] = sessions,
            },
            kept);
    }

    /// <summary>Takes back what invited the person here, who may have come another way; the log has the address too.</summary>
    private async Task EraseInvitationsAsync(
        IdentityDbContext db, UserId id, DbTransaction transaction, CancellationToken cancellationToken)
    {
        var addresses = db.Users.Where(row => row.UserId == id).Select(static row => row.EmailKey);
        var invitations = db.Invitations.Where(row => addresses.Contains(row.EmailKey));
        foreach (var invitation in await invitations.Select(static row => row.InvitationId).ToListAsync(cancellationToken))
            await subjects.KnowAsync(invitation.ToString(), id, transaction, cancellationToken);
        await invitations.ExecuteDeleteAsync(cancellationToken);
    }

    /// <summary>
    /// Takes everything out of the account that tells who it was. The row stays, because histories refer to its id; nobody can
    /// sign in to it, and the address is free for a new account.
    /// </summary>
    private static async Task<int> EraseAccountAsync(IdentityDbContext db, UserId id, CancellationToken cancellationToken)
    {
        await db.RecoveryCodes.Where(row => row.UserId == id).ExecuteDeleteAsync(cancellationToken);
        await db.PasswordResets.Where(row => row.UserId == id).ExecuteDeleteAsync(cancellationToken);
        await db.TotpFactors.Where(row => row.UserId == id).ExecuteDeleteAsync(cancellationToken);
        await db.Passkeys.Where(row => row.UserId == id).ExecuteDeleteAsync(cancellationToken);
        var nobody = $"{Erased}:{id}";
        return await db.Users.Where(row => row.UserId == id && row.EmailKey != nobody).ExecuteUpdateAsync(
            set => set
                .SetProperty(row => row.Email, "")
                .SetProperty(row => row.EmailKey, nobody)
                .SetProperty(row => row.DisplayName, Erased)
                .SetProperty(row => row.PasswordHash, (string?)null)
                .SetProperty(row => row.State, UserState.Disabled),
            cancellationToken);
    }

    private async IAsyncEnumerable<SubjectAccount> ReadAccountAsync(
        DataSubject subject, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var id = subject.Id;
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        var found = await (
            from member in db.Memberships
            join user in db.Users on member.UserId equals user.UserId
            join tenant in db.Tenants on member.TenantId equals tenant.TenantId
            join role in db.Roles on member.RoleId equals (RoleId?)role.RoleId into own
            from role in own.DefaultIfEmpty()
            where member.UserId == id
            select new
            {
                User = user,
                Member = member,
                Tenant = tenant.Name,
                RoleName = role!.Name,
                SecondFactor = db.TotpFactors.Where(factor => factor.UserId == id).Select(factor => factor.ConfirmedAt)
                    .FirstOrDefault(),
                RecoveryCodes = db.RecoveryCodes.Count(code => code.UserId == id && code.UsedAt == null),
            }).AsNoTracking().SingleOrDefaultAsync(cancellationToken);
        if (found is null) yield break;
        yield return new SubjectAccount(
            found.User.UserId, found.User.Email, found.User.DisplayName, found.User.CreatedAt, found.User.PasswordChangedAt,
            found.SecondFactor, found.RecoveryCodes, found.Member.TenantId, found.Tenant,
            found.Member.Role is { } builtIn ? RoleNames.Of(builtIn) : found.RoleName, found.Member.State,
            found.Member.CreatedAt);
    }

    private async IAsyncEnumerable<SubjectSession> ReadSessionsAsync(
        DataSubject subject, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var id = subject.Id;
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        var rows = db.Sessions.AsNoTracking().Where(row => row.UserId == id).OrderBy(row => row.CreatedAt);
        await foreach (var row in rows.AsAsyncEnumerable().WithCancellation(cancellationToken))
        {
            yield return new SubjectSession(
                row.SessionId, row.Client, row.CreatedAt, row.LastUsedAt, row.ExpiresAt, row.EndedAt, row.EndReason,
                row.SecondFactorAt, row.ClientId, row.Scopes);
        }
    }

    private async IAsyncEnumerable<SubjectPasskey> ReadPasskeysAsync(
        DataSubject subject, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var id = subject.Id;
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        var rows = db.Passkeys.AsNoTracking().Where(row => row.UserId == id).OrderBy(row => row.CreatedAt);
        await foreach (var row in rows.AsAsyncEnumerable().WithCancellation(cancellationToken))
        {
            yield return new SubjectPasskey(
                row.PasskeyId, row.Name, Base64Url.EncodeToString(row.CredentialId), Base64Url.EncodeToString(row.PublicKey),
                row.SignatureCounter, row.Transports, row.IsBackupEligible, row.IsBackedUp, row.CreatedAt, row.LastUsedAt);
        }
    }

    private async IAsyncEnumerable<SubjectProviderAccount> ReadProviderAccountsAsync(
        DataSubject subject, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var id = subject.Id;
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        var rows =
            from account in db.SsoAccounts
            join connection in db.SsoConnections on account.ConnectionId equals connection.ConnectionId
            where account.UserId == id
            orderby account.CreatedAt
            select new SubjectProviderAccount(connection.Name, connection.Issuer, account.Subject, account.CreatedAt);
        await foreach (var row in rows.AsAsyncEnumerable().WithCancellation(cancellationToken)) yield return row;
    }

    private async IAsyncEnumerable<SubjectProvisioning> ReadProvisioningAsync(
        DataSubject subject, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (await scim.FindAsync(subject.Id, cancellationToken) is not { } found) yield break;
        var said = new SubjectProvisioning(
            found.ExternalId, found.Name.GivenName, found.Name.FamilyName, [.. found.Groups.Select(static one => one.Display)]);
        if (said is not { ExternalId: null, GivenName: null, FamilyName: null, Groups: [] }) yield return said;
    }

    private async IAsyncEnumerable<SubjectApiKey> ReadKeysAsync(
        DataSubject subject, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var id = subject.Id;
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        var rows = db.ApiKeys.AsNoTracking().Where(row => row.UserId == id).OrderBy(row => row.ApiKeyId);
        await foreach (var row in rows.AsAsyncEnumerable().WithCancellation(cancellationToken))
        {
            yield return new SubjectApiKey(
                row.ApiKeyId, row.Name, row.Hint, row.Scopes, row.CreatedAt, row.ExpiresAt, row.LastUsedAt, row.RevokedAt);
        }
    }

    private async IAsyncEnumerable<SubjectGrant> ReadGrantsAsync(
        DataSubject subject, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var id = subject.Id;
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        var rows = db.Grants.AsNoTracking().Where(row => row.SubjectId == id).OrderBy(row => row.GrantId);
        await foreach (var row in rows.AsAsyncEnumerable().WithCancellation(cancellationToken))
            yield return new SubjectGrant(row.GrantId, row.Permission, row.ResourceKind, row.ResourceName, row.CreatedAt);
    }

    private async IAsyncEnumerable<SubjectProject> ReadProjectsAsync(
        DataSubject subject, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var id = subject.Id;
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        var rows =
            from member in db.ProjectMembers
            join project in db.Projects on member.ProjectId equals project.ProjectId
            join role in db.Roles on member.RoleId equals (RoleId?)role.RoleId into own
            from role in own.DefaultIfEmpty()
            where member.SubjectId == id
            orderby project.Name
            select new { project.Name, project.Title, member.Role, RoleName = role!.Name, member.CreatedAt };
        await foreach (var row in rows.AsNoTracking().AsAsyncEnumerable().WithCancellation(cancellationToken))
        {
            yield return new SubjectProject(
                row.Name, row.Title, row.Role is { } role ? RoleNames.Of(role) : row.RoleName, row.CreatedAt);
        }
    }

    private async IAsyncEnumerable<SubjectInvitation> ReadInvitationsAsync(
        DataSubject subject, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var id = subject.Id;
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        var rows = db.Invitations.AsNoTracking().Where(row => row.CreatedBy == id).OrderBy(row => row.InvitationId);
        // Whom they invited is somebody else's data.
        await foreach (var row in rows.AsAsyncEnumerable().WithCancellation(cancellationToken))
            yield return new SubjectInvitation(row.InvitationId, row.CreatedAt, row.ExpiresAt);
    }

    private static Fault LastOwner { get; } = new(
        "identity.last_owner",
        FaultKind.Conflict,
        "This is the last owner who can sign in, who cannot be erased. Make somebody else an owner first.");
}

/// <summary>An account in the export of its person.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Email">The address.</param>
/// <param name="DisplayName">The name.</param>
/// <param name="CreatedAt">Since when it is there.</param>
/// <param name="PasswordChangedAt">When the password was changed last.</param>
/// <param name="SecondFactorSince">Since when there is a second factor, if there is one.</param>
/// <param name="RecoveryCodesLeft">How many recovery codes are unused.</param>
/// <param name="TenantId">The tenant.</param>
/// <param name="Tenant">What the tenant is called.</param>
/// <param name="Role">The person's role in it.</param>
/// <param name="State">Whether the person may sign in to it.</param>
/// <param name="MemberSince">Since when the person belongs to it.</param>
public sealed record SubjectAccount(
    UserId Id, string Email, string DisplayName, DateTimeOffset CreatedAt, DateTimeOffset? PasswordChangedAt,
    DateTimeOffset? SecondFactorSince, int RecoveryCodesLeft, TenantId TenantId, string Tenant, string Role, MemberState State,
    DateTimeOffset MemberSince);

/// <summary>A session in the export of its person.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Client">How the device named itself.</param>
/// <param name="CreatedAt">When it began.</param>
/// <param name="LastUsedAt">When it was used last.</param>
/// <param name="ExpiresAt">When it ends, or would have ended, by itself.</param>
/// <param name="EndedAt">When it was ended.</param>
/// <param name="EndReason">Why.</param>
/// <param name="SecondFactorAt">When a second factor was given in it.</param>
/// <param name="ApplicationId">The application that acts in it, if one does.</param>
/// <param name="Scopes">What the application may do.</param>
public sealed record SubjectSession(
    SessionId Id, string Client, DateTimeOffset CreatedAt, DateTimeOffset LastUsedAt, DateTimeOffset ExpiresAt,
    DateTimeOffset? EndedAt, string? EndReason, DateTimeOffset? SecondFactorAt, OAuthClientId? ApplicationId, string? Scopes);

/// <summary>A passkey in the export of its person.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">What it is called.</param>
/// <param name="CredentialId">How the device names it, in base64url.</param>
/// <param name="PublicKey">The public key in the form of COSE, in base64url.</param>
/// <param name="SignatureCounter">How often the device has signed with it, where it counts.</param>
/// <param name="Transports">How the device is reached.</param>
/// <param name="Syncable">Whether the device may copy it to others.</param>
/// <param name="Synced">Whether it has.</param>
/// <param name="CreatedAt">When it was added.</param>
/// <param name="LastUsedAt">When it was used last.</param>
public sealed record SubjectPasskey(
    PasskeyId Id, string Name, string CredentialId, string PublicKey, long SignatureCounter, string Transports, bool Syncable,
    bool Synced, DateTimeOffset CreatedAt, DateTimeOffset? LastUsedAt);

/// <summary>Who the person is at an identity provider, in the export of the person.</summary>
/// <param name="Connection">What the tenant calls the provider.</param>
/// <param name="Issuer">The provider's address.</param>
/// <param name="Subject">The person's id there.</param>
/// <param name="CreatedAt">When they signed in by it first.</param>
public sealed record SubjectProviderAccount(string Connection, string Issuer, string Subject, DateTimeOffset CreatedAt);

/// <summary>What an identity provider said of the person, in the export of the person.</summary>
/// <param name="ExternalId">The person's id at the provider.</param>
/// <param name="GivenName">The given name.</param>
/// <param name="FamilyName">The family name.</param>
/// <param name="Groups">The groups that the provider put the person in.</param>
public sealed record SubjectProvisioning(string? ExternalId, string? GivenName, string? FamilyName, IReadOnlyList<string> Groups);

/// <summary>An API key in the export of its person; never the key itself.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">What it is called.</param>
/// <param name="Hint">Its first characters.</param>
/// <param name="Scopes">What it may do.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="ExpiresAt">When it ends.</param>
/// <param name="LastUsedAt">When it was used last.</param>
/// <param name="RevokedAt">When it was revoked.</param>
public sealed record SubjectApiKey(
    ApiKeyId Id, string Name, string Hint, string Scopes, DateTimeOffset CreatedAt, DateTimeOffset ExpiresAt,
    DateTimeOffset? LastUsedAt, DateTimeOffset? RevokedAt);

/// <summary>A grant in the export of the person who has it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Permission">What it lets them do.</param>
/// <param name="ResourceKind">With what kind of thing.</param>
/// <param name="ResourceName">With which one.</param>
/// <param name="CreatedAt">Since when.</param>
public sealed record SubjectGrant(
    GrantId Id, string Permission, string ResourceKind, string ResourceName, DateTimeOffset CreatedAt);

/// <summary>A project in the export of a person who belongs to it.</summary>
/// <param name="Project">Its name.</param>
/// <param name="Title">What it is about.</param>
/// <param name="Role">The person's role in it.</param>
/// <param name="Since">Since when they belong to it.</param>
public sealed record SubjectProject(string Project, string Title, string Role, DateTimeOffset Since);

/// <summary>An invitation in the export of the person who sent it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="CreatedAt">When it was sent.</param>
/// <param name="ExpiresAt">When it is over.</param>
public sealed record SubjectInvitation(InvitationId Id, DateTimeOffset CreatedAt, DateTimeOffset ExpiresAt);
