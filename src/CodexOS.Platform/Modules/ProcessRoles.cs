using Microsoft.Extensions.Hosting;

namespace CodexOS.Platform.Modules;

/// <summary>What this process does in the installation. The host says it before the modules register.</summary>
/// <param name="Names">The roles, as they were given.</param>
/// <param name="OffersApi">Whether it answers the public API.</param>
/// <param name="DrivesRuns">Whether runs are driven here.</param>
public sealed record ProcessRoles(string Names, bool OffersApi, bool DrivesRuns)
{
    /// <summary>One process does everything.</summary>
    public static ProcessRoles All { get; } = new("all", OffersApi: true, DrivesRuns: true);

    /// <summary>The roles of the process that is being built; everything, if nobody said otherwise.</summary>
    public static ProcessRoles Of(IHostApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.Properties.TryGetValue(typeof(ProcessRoles), out var roles) ? (ProcessRoles)roles : All;
    }

    /// <summary>Says what the process that is being built does.</summary>
    public void Set(IHostApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Properties[typeof(ProcessRoles)] = this;
    }
}
