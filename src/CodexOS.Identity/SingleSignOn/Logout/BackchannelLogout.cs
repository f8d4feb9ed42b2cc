using System.Text.Json;
using CodexOS.Identity.Contracts;
using CodexOS.Identity.OAuth;
using CodexOS.Identity.Sessions;
using CodexOS.Identity.SingleSignOn.Entry;
using CodexOS.Identity.SingleSignOn.Providers;
using CodexOS.Identity.Storage;
using CodexOS.Platform.Storage;
using CodexOS.Platform.Tenancy;
using CodexOS.Trust.Contracts;
using Microsoft.AspNetCore.Http;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;

namespace CodexOS.Identity.SingleSignOn.Logout;

/// <summary>
/// Ends sessions on the word of the provider that they came by (OpenID Connect Back-Channel Logout 1.0): a logout token that
/// is the provider's, says so, and was not followed before. They are over at their next request.
/// </summary>
internal sealed class BackchannelLogout(
    IDbContextFactory<IdentityDbContext> databases, SsoStart connections, ProviderDirectory providers, ProviderTokens tokens,
    SessionDirectory directory, TenantContext tenants, IAuditLog audit, IOptions<SingleSignOnOptions> options, TimeProvider clock)
{
    private const string Event = "http://schemas.openid.net/event/backchannel-logout";
    private const string TokenType = "logout+jwt";
    private const int TokenIdLengthMax = 255;

    /// <summary>Answers a provider: 200 when nothing of the session is left, 400 with why not (section 2.8).</summary>
    public async Task<IResult> AnswerAsync(string connection, HttpContext context)
    {
        context.Response.Headers.CacheControl = "no-store";
        if (!SsoConnectionId.TryParse(connection, null, out var id)
            || !(await connections.FindAsync(id, null, context.RequestAborted)).TryGet(out var row, out _))
        {
            return OAuthError.InvalidRequest("There is no such connection.").Answer(context);
        }

        using var entered = tenants.Enter(row.TenantId);
        var form = await OAuthForm.ReadAsync(context);
        var wrong = form?["logout_token"] is { } token
            ? await FollowAsync(row, token, context.RequestAborted)
            : "there is none";
        if (wrong is null) return TypedResults.Ok();
        await audit.RecordAsync(
            AuditEntry.Failed("sessions.provider_logout", "identity.sso_bad_token").By(AuditActor.Anonymous)
                .On("sso_connection", id.ToString()).With("reason", wrong),
            context.RequestAborted);
        return OAuthError.InvalidRequest($"The logout token is not good: {wrong}.").Answer(context);
    }

    /// <summary>Follows a logout token, or says what is wrong with it.</summary>
    private async Task<string?> FollowAsync(SsoConnectionRow connection, string text, CancellationToken cancellationToken)
    {
        if (!(await providers.FindAsync(connection.Issuer, cancellationToken)).TryGet(out var provider, out _))
            return "the provider cannot be asked for its keys";
        var (token, why) = await tokens.CheckAsync(provider, connection.ClientId, text, cancellationToken);
        if (token is null) return why;
        if (WhatIsMissing(token) is { } missing) return missing;
        var session = token.TryGetPayloadValue<string>(JwtRegisteredClaimNames.Sid, out var sid) ? sid : null;
        var subject = token.Subject is { Length: > 0 } sub ? sub : null;
        return await EndAsync(connection, token, subject, session, cancellationToken) ? null : "it was followed already";
    }

    /// <summary>What makes it a logout token and nothing else (section 2.6); the rest was checked as for any token.</summary>
    private static string? WhatIsMissing(JsonWebToken token)
    {
        if (token.Typ is { Length: > 0 } type && type is not ("JWT" or TokenType)) return "typ";
        if (!token.TryGetPayloadValue<JsonElement>("events", out var events) || events.ValueKind is not JsonValueKind.Object
            || !events.TryGetProperty(Event, out var member) || member.ValueKind is not JsonValueKind.Object)
        {
            return "events";
        }

        if (token.TryGetPayloadValue<object>(JwtRegisteredClaimNames.Nonce, out _)) return "nonce";
        if (token.Id is not { Length: > 0 and <= TokenIdLengthMax }) return "jti";
        return token.Subject is { Length: > 0 } || token.TryGetPayloadValue<string>(JwtRegisteredClaimNames.Sid, out _)
            ? null
            : "sub or sid";
    }

    private async Task<bool> EndAsync(
        SsoConnectionRow connection, JsonWebToken token, string? subject, string? providerSession,
        CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        await db.SsoLogoutTokens.Where(row => row.ExpiresAt < now).ExecuteDeleteAsync(cancellationToken);
        db.SsoLogoutTokens.Add(new SsoLogoutTokenRow
        {
            ConnectionId = connection.ConnectionId,
            TokenId = token.Id,
            TenantId = connection.TenantId,
            ExpiresAt = new DateTimeOffset(token.ValidTo, TimeSpan.Zero) + options.Value.ClockSkewMax,
        });
        try
        {
            await db.SaveChangesAsync(cancellationToken);
        }
        catch (DbUpdateException error) when (Conflicts.Caused(error))
        {
            return false;
        }

        var meant = db.Sessions.Where(session => session.EndedAt == null
            && db.SsoSignIns.Any(one => one.SignInId == session.SsoSignInId
                && one.ConnectionId == connection.ConnectionId
                && (subject == null || one.Subject == subject)
                && (providerSession == null || one.ProviderSession == providerSession)));
        var ended = await meant.Select(session => new { session.SessionId, session.UserId }).ToListAsync(cancellationToken);
        await meant.ExecuteUpdateAsync(
            session => session.SetProperty(gone => gone.EndedAt, now)
                .SetProperty(gone => gone.EndReason, EndReasons.ProviderLogout),
            cancellationToken);
        foreach (var session in ended)
        {
            await audit.RecordAsync(
                AuditEntry.Done("sessions.end").By(AuditActor.System).On("session", session.SessionId.ToString())
                    .With("reason", EndReasons.ProviderLogout).With("user", session.UserId.ToString()),
                db, cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
        foreach (var session in ended) directory.Forget(session.SessionId);
        return true;
    }
}
