using CodexOS.Identity.ApiKeys;
using CodexOS.Identity.OAuth.Tokens;
using CodexOS.Platform.Ids;

namespace CodexOS.Identity.Sessions;

/// <summary>
/// All that is remembered of callers: in sessions, by API keys and by tokens of service clients. Whoever changes what somebody
/// is or may do says so here once the change is written.
/// </summary>
internal sealed class KnownCallers(
    SessionDirectory sessions, ApiKeyDirectory keys, ServiceTokenDirectory serviceTokens)
{
    /// <summary>Something changed for a user or a service account.</summary>
    public void Forget(UserId subject)
    {
        sessions.Forget(subject);
        keys.Forget(subject);
        serviceTokens.Forget(subject);
    }

    /// <summary>Something changed for many in a tenant.</summary>
    public void Forget(TenantId tenant)
    {
        sessions.Forget(tenant);
        keys.Forget(tenant);
        serviceTokens.Forget(tenant);
    }
}
