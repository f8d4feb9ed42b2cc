using CodexOS.Identity.ApiKeys;
using CodexOS.Platform.Ids;

namespace CodexOS.Identity.Sessions;

/// <summary>
/// All that is remembered of callers, in sessions and by API keys. Whoever changes what somebody is or may do says so
/// here once the change is written.
/// </summary>
internal sealed class KnownCallers(SessionDirectory sessions, ApiKeyDirectory keys)
{
    /// <summary>Something changed for a user or a service account.</summary>
    public void Forget(UserId subject)
    {
        sessions.Forget(subject);
        keys.Forget(subject);
    }

    /// <summary>Something changed for many in a tenant.</summary>
    public void Forget(TenantId tenant)
    {
        sessions.Forget(tenant);
        keys.Forget(tenant);
    }
}
