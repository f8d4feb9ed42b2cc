using System.Diagnostics;
using CodexOS.Identity.OAuth.Clients;
using CodexOS.Identity.Sessions;
using CodexOS.Identity.Storage;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Storage;
using CodexOS.Platform.Tenancy;
using Microsoft.EntityFrameworkCore;

namespace CodexOS.Identity.OAuth.Authorization;

/// <summary>
/// Puts a client's request to the person it is about, and carries their decision back to the client. People are asked every
/// time: for a program on their own device nothing else tells their wish from that of another program (RFC 8252, section 8.6).
/// </summary>
internal sealed class Consent(
    IDbContextFactory<IdentityDbContext> databases, AuthorizationRequests requests, AuthorizationCodes codes,
    ClientStore clients, Issuer issuer)
{
    /// <summary>What to ask the person behind a session, or why there is nothing to ask.</summary>
    public async Task<Result<AuthorizationLook>> LookAsync(string query, SignedIn who, CancellationToken cancellationToken)
    {
        if (who.Caller.Withheld is { } withheld) return withheld;
        switch (await requests.ReadAsync(query, who.Caller.Tenant, cancellationToken))
        {
            case AuthorizationVerdict.Untold(var fault):
                return fault;
            case AuthorizationVerdict.Refused refused:
                return new AuthorizationLook(
                    null, AnswerOf(refused), refused.Error.Description, ByItself: !refused.Client.IsDynamic);
            case AuthorizationVerdict.InOrder(var request):
                await using (var db = await databases.CreateDbContextAsync(cancellationToken))
                {
                    var person = await (
                        from user in db.Users
                        from tenant in db.Tenants
                        where user.UserId == who.Caller.User && tenant.TenantId == who.Caller.Tenant
                        select new { user.Email, tenant.Name }).SingleAsync(cancellationToken);
                    return new AuthorizationLook(
                        new ConsentQuestion(
                            request.Client.Name, request.Client.IsDynamic, RedirectUris.HostOf(request.RedirectUri),
                            InWords(request.Scopes, who.Caller), person.Email, person.Name),
                        null, null, false);
                }

            case var other:
                throw new UnreachableException($"A request came to {other}.");
        }
    }

    /// <summary>Carries out what the person decided.</summary>
    public async Task<Result<AuthorizationAnswer>> DecideAsync(
        string query, bool allow, SignedIn who, CancellationToken cancellationToken)
    {
        if (who.Caller.Withheld is { } withheld) return withheld;
        switch (await requests.ReadAsync(query, who.Caller.Tenant, cancellationToken))
        {
            case AuthorizationVerdict.Untold(var fault):
                return fault;
            case AuthorizationVerdict.Refused refused:
                return new AuthorizationAnswer(AnswerOf(refused));
            case AuthorizationVerdict.InOrder(var request) when allow:
                return await AllowAsync(request, who, cancellationToken);
            case AuthorizationVerdict.InOrder(var request):
                return new AuthorizationAnswer(AnswerOf(new AuthorizationVerdict.Refused(
                    request.Client, request.RedirectUri, request.State,
                    new OAuthError("access_denied", "The person does not allow it."))));
            case var other:
                throw new UnreachableException($"A request came to {other}.");
        }
    }

    /// <summary>Scopes as people read them, in the table's order.</summary>
    public static IReadOnlyList<ConsentScope> InWords(IReadOnlySet<string> scopes, Caller caller) =>
    [
        .. Scopes.All.Where(scopes.Contains).Select(scope => new ConsentScope(
            scope, Scopes.MeaningOf(scope),
            Scopes.IsOfIdentity(scope) || caller.MaySomewhere(scope))),
    ];

    private async Task<Result<AuthorizationAnswer>> AllowAsync(
        AuthorizationRequest request, SignedIn who, CancellationToken cancellationToken)
    {
        var (text, hash) = AuthorizationCodes.New();
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        if (await clients.LetInAsync(db, request.Client, who.Caller.User, cancellationToken) is { } full) return full;
        var withSecondFactor = await GaveSecondFactorAsync(db, who, cancellationToken);
        try
        {
            await codes.AddAsync(
                db, who,
                codes.RowOf(who, withSecondFactor, hash, request.Client.Id, Scopes.Write(request.Scopes), request: request),
                request.Client.Name, cancellationToken);
        }
        catch (DbUpdateException error) when (Conflicts.Caused(error))
        {
            return ClientFaults.Raced;
        }

        await transaction.CommitAsync(cancellationToken);
        return new AuthorizationAnswer(RedirectUris.With(
            request.RedirectUri, [new("code", text), new("state", request.State), new("iss", issuer.Url)]));
    }

    /// <summary>Whether a second factor was given in a session; what is allowed in it counts as much.</summary>
    public static Task<bool> GaveSecondFactorAsync(IdentityDbContext db, SignedIn who, CancellationToken cancellationToken) =>
        db.Sessions.Where(session => session.SessionId == who.Session)
            .Select(session => session.SecondFactorAt != null).SingleAsync(cancellationToken);

    /// <summary>
    /// The refusal at the client's address. It says who answers (RFC 9207), so that answers cannot be mixed up.
    /// </summary>
    private string AnswerOf(AuthorizationVerdict.Refused refused) => RedirectUris.With(
        refused.RedirectUri,
        [
            new("error", refused.Error.Code), new("error_description", refused.Error.Description),
            new("state", refused.State), new("iss", issuer.Url),
        ]);
}
