using CodexOS.Platform.Tenancy;

namespace CodexOS.Runs.Storage;

/// <summary>What the engine does for all tenants; the policies of its tables know these names.</summary>
internal static class RunsWork
{
    /// <summary>
    /// Looks for runs that nobody drives, that are due or forsaken, and takes runs over. Events are written for the tenants
    /// that they belong to, and not as this.
    /// </summary>
    public static SystemWork Engine { get; } = new("runs.engine");

    /// <summary>Finds out which tenants have runs that ended; what is done to them is done as the tenant.</summary>
    public static SystemWork Retention { get; } = new("runs.retention");
}
