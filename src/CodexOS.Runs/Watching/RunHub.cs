using System.Runtime.CompilerServices;
using CodexOS.Platform.Tenancy;
using CodexOS.Runs.Contracts;
using CodexOS.Runs.Execution;
using CodexOS.Runs.Queries;
using Microsoft.AspNetCore.SignalR;

namespace CodexOS.Runs.Watching;

/// <summary>
/// What happens in runs, over SignalR: the same as <c>GET /runs/{id}/events</c>, resumed at a place in the same way. A
/// client that does not take what it is sent makes its own stream wait, and nothing else.
/// </summary>
internal sealed class RunHub(RunFollower follower, RunQueries queries, IRunThings things, TenantContext tenants) : Hub
{
    /// <summary>Where it is.</summary>
    public const string Path = "/hubs/runs";

    /// <summary>Streams a run's events after a place (-1 for all) and text of its steps, until the run has ended.</summary>
    public async IAsyncEnumerable<RunHubMessage> Follow(
        string run, int after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var request = Context.GetHttpContext()!;
        var caller = Caller.Of(request)!;
        using var tenant = tenants.Enter(caller.Tenant);
        if (!RunId.TryParse(run, null, out var id) || after < -1)
            throw new HubException("runs.bad_position: Follow takes the id of a run and the seq of an event, or -1.");
        if (!await things.SeesAsync(caller, id, cancellationToken))
            throw new HubException($"{RunFaults.NotFound(id).Code}: {RunFaults.NotFound(id).Message}");
        if (!(await queries.EventsAsync(id, after, 1, cancellationToken)).TryGet(out _, out var damage))
            throw new HubException($"{damage.Code}: {damage.Message}");
        if (!follower.Follow(id, after).TryGet(out var following, out var fault))
            throw new HubException($"{fault.Code}: {fault.Message}");
        using (following)
        {
            var sight = await RunSight.OfAsync(request, id, things, cancellationToken);
            await foreach (var news in following.NewsAsync(cancellationToken))
            {
                if (!await sight.LastsAsync(cancellationToken))
                    throw new HubException($"{RunFaults.NotFound(id).Code}: {RunFaults.NotFound(id).Message}");
                if (news is RunNews.Happened happened) yield return new RunHubMessage(happened.Event.View(), null);
                else if (news is RunNews.Delta delta) yield return new RunHubMessage(null, delta.Text);
            }
        }
    }
}

/// <summary>What the hub sends: one of the two.</summary>
/// <param name="Event">An event of the journal.</param>
/// <param name="Delta">Text of a step while it is being made.</param>
internal sealed record RunHubMessage(RunEventView? Event, RunDelta? Delta);
