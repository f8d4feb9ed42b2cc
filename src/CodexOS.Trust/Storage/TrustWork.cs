using CodexOS.Platform.Tenancy;

namespace CodexOS.Trust.Storage;

/// <summary>What the module does for all tenants; the policies of its tables know these names.</summary>
internal static class TrustWork
{
    /// <summary>Finds the logs with entries to place, trees to sign or checkpoints to publish.</summary>
    public static SystemWork Audit { get; } = new("trust.audit");

    /// <summary>Finds the tenants with a rotation of keys to finish.</summary>
    public static SystemWork Keys { get; } = new("trust.keys");
}
