using CodexOS.Platform.Http;
using CodexOS.Platform.Tenancy;

namespace CodexOS.Runs.Contracts;

/// <summary>
/// Knows which agent a run is of, so that who may do something with the runs of one agent is let do it. Runs of other kinds
/// belong to no one thing, and are for those who hold the permission for the tenant.
/// </summary>
public interface IRunThings : IThingFinder
{
    /// <summary>Whether a caller may see a run that the present tenant has.</summary>
    Task<bool> SeesAsync(Caller caller, RunId run, CancellationToken cancellationToken);
}
