using CodexOS.Platform.Ids;

namespace CodexOS.Trust.Audit;

/// <summary>Each tenant has a log, and the installation has one for what belongs to no tenant.</summary>
internal static class AuditLogs
{
    /// <summary>
    /// Whose log it is that belongs to no tenant: for instance that somebody tried to sign in who has no account. It is
    /// not the id that filters use outside of a tenant, which must own nothing.
    /// </summary>
    public static TenantId Installation { get; } = new(Guid.AllBitsSet);

    /// <summary>How a log is called in its checkpoints and in the folder of their copies.</summary>
    public static string NameOf(TenantId log) => log == Installation ? "installation" : log.ToString();
}
