using CodexOS.Platform.Tenancy;

namespace CodexOS.Identity.Storage;

/// <summary>What the module does outside of a tenant; the policies of its tables know these names.</summary>
internal static class IdentityWork
{
    /// <summary>
    /// Finds out whom an email address, a refresh token or an owner's link belongs to. It only reads; what follows is done
    /// in the tenant that was found.
    /// </summary>
    public static SystemWork SignIn { get; } = new("identity.sign_in");

    /// <summary>Lists the tenants of the installation, for its owner.</summary>
    public static SystemWork Tenants { get; } = new("identity.tenants");
}
