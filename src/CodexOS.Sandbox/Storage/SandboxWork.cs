using CodexOS.Platform.Tenancy;

namespace CodexOS.Sandbox.Storage;

/// <summary>What the module does for all tenants; the policies of its tables know the name.</summary>
internal static class SandboxWork
{
    /// <summary>Looks at all workspaces: for the next free user, and for what a crash left. Rows go as their tenant.</summary>
    public static SystemWork Workspaces { get; } = new("sandbox.workspaces");

    /// <summary>Finds workspaces that were never finished; what is done to them is done as the tenant.</summary>
    public static SystemWork Sweep { get; } = new("sandbox.sweep");
}
