using CodexOS.Platform.Tenancy;
using CodexOS.Runs.Contracts;
using CodexOS.Runs.Queries;
using Microsoft.AspNetCore.Http;

namespace CodexOS.Runs.Watching;

/// <summary>
/// Whether somebody who follows a run may still see it. It is asked before anything is sent: while they follow they can lose a
/// role, a grant or a project, or be signed out.
/// </summary>
internal sealed class RunSight
{
    private readonly HttpContext _request;
    private readonly Resource? _thing;

    private RunSight(HttpContext request, Resource? thing) => (_request, _thing) = (request, thing);

    /// <summary>The sight of a run that a request is about to follow.</summary>
    public static async Task<RunSight> OfAsync(
        HttpContext request, RunId run, IRunThings things, CancellationToken cancellationToken) =>
        new(request, await things.FindAsync(run.ToString(), cancellationToken));

    /// <summary>Whether it lasts.</summary>
    public async ValueTask<bool> LastsAsync(CancellationToken cancellationToken) =>
        await Caller.NowAsync(_request, cancellationToken) is { } caller
        && (caller.May(RunThings.Read) || (_thing is { } thing && caller.May(RunThings.Read, thing)));
}
