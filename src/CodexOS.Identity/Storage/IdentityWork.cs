using CodexOS.Platform.Tenancy;

namespace CodexOS.Identity.Storage;

/// <summary>What the module does outside of a tenant; the policies of its tables know these names.</summary>
internal static class IdentityWork
{
    /// <summary>
    /// Finds out whom an email address, a refresh token, an API key, a passkey, a challenge or a link belongs to, and where
    /// somebody is a member. It only reads; what follows is done in the tenant that was found.
    /// </summary>
    public static SystemWork SignIn { get; } = new("identity.sign_in");

    /// <summary>
    /// Reaches the sessions of one person in every tenant, when their password changes, their second factor is set up or
    /// removed, their first passkey is added or their last one removed.
    /// </summary>
    public static SystemWork Credentials { get; } = new("identity.credentials");

    /// <summary>Lists the tenants of the installation, for its owner.</summary>
    public static SystemWork Tenants { get; } = new("identity.tenants");
}
