using CodexOS.Platform.Ids;

namespace CodexOS.Platform.Tenancy;

/// <summary>Says which tenants there are. Implemented by the module that makes them.</summary>
public interface ITenantRegister
{
    /// <summary>A tenant, or null if there is none of this id.</summary>
    Task<RegisteredTenant?> FindAsync(TenantId tenant, CancellationToken cancellationToken);

    /// <summary>How many tenants there are.</summary>
    Task<int> CountAsync(CancellationToken cancellationToken);
}

/// <summary>That a tenant is there.</summary>
/// <param name="Id">Names it.</param>
/// <param name="Name">What it is called.</param>
/// <param name="IsHome">Whether it is the first one, to which the installation belongs.</param>
public sealed record RegisteredTenant(TenantId Id, string Name, bool IsHome);
