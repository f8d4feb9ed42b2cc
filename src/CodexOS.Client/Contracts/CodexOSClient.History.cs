using CodexOS.Client.Http;

namespace CodexOS.Client.Contracts;

public sealed partial class CodexOSClient
{
    /// <summary>One page of the places that a run can be rolled back to or forked at, newest first.</summary>
    /// <param name="runId">The run.</param>
    /// <param name="limit">How many at most, 1 to 100.</param>
    /// <param name="cursor">The cursor of the page before; null for the first.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public Task<Page<Checkpoint>> ListCheckpointsAsync(
        string runId, int? limit, string? cursor, CancellationToken cancellationToken) => _transport.SendAsync(
            ApiCall.Get(new Query($"{RunPath(runId)}/checkpoints")
                .With("limit", limit)
                .With("cursor", cursor)
                .ToString()),
            WireJson.Default.CheckpointPage,
            cancellationToken);

    /// <summary>All places that a run can be rolled back to or forked at, page by page, newest first.</summary>
    public IAsyncEnumerable<Checkpoint> ListAllCheckpointsAsync(string runId, CancellationToken cancellationToken) =>
        PagesAsync((cursor, token) => ListCheckpointsAsync(runId, PageSize, cursor, token), cancellationToken);

    /// <summary>A run as it was after one of its events.</summary>
    /// <param name="runId">The run.</param>
    /// <param name="seq">The event; null is the newest.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public Task<RunStateView> GetRunStateAsync(string runId, long? seq, CancellationToken cancellationToken) =>
        _transport.SendAsync(
            ApiCall.Get(new Query($"{RunPath(runId)}/state").With("seq", seq).ToString()),
            WireJson.Default.RunStateView,
            cancellationToken);

    /// <summary>What rolling a run back would undo; nothing is changed.</summary>
    /// <param name="runId">The run.</param>
    /// <param name="toSeq">The event after which it is to be as it was.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public Task<RollbackPlan> PlanRollbackAsync(string runId, long toSeq, CancellationToken cancellationToken) =>
        RollBackAsync(runId, new RollbackBody(toSeq, null, false, false, DryRun: true), cancellationToken);

    /// <summary>Undoes what a run did since one of its events, newest first.</summary>
    /// <param name="runId">The run.</param>
    /// <param name="request">How far, and how.</param>
    /// <param name="cancellationToken">Cancels the call, not a rollback that has begun.</param>
    public Task<RollbackPlan> RollBackRunAsync(
        string runId, RollbackRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        var body = new RollbackBody(
            request.ToSeq, request.Note, request.LeaveIrreversible, request.GoOn, DryRun: false);
        return RollBackAsync(runId, body, cancellationToken);
    }

    /// <summary>Starts a run that begins where another was after one of its events.</summary>
    /// <param name="runId">The other run.</param>
    /// <param name="request">Where, and how it is to differ.</param>
    /// <param name="idempotencyKey">
    /// Names this fork, so that repeating it gives the same run; made up, for the retries of this call, if null.
    /// </param>
    /// <param name="cancellationToken">Cancels the call, not a run that has begun.</param>
    public Task<Run> ForkRunAsync(
        string runId, ForkRequest request, string? idempotencyKey, CancellationToken cancellationToken)
    {
        var key = idempotencyKey ?? NewKey();
        var call = ApiCall.Post($"{RunPath(runId)}/fork") with
        {
            IsRepeatable = true,
            Headers = [new("Idempotency-Key", key)],
            Body = () => JsonBody.Of(request, WireJson.Default.ForkRequest),
        };
        return _transport.SendAsync(call, WireJson.Default.Run, cancellationToken);
    }

    private Task<RollbackPlan> RollBackAsync(string runId, RollbackBody body, CancellationToken cancellationToken)
    {
        var call = ApiCall.Post($"{RunPath(runId)}/rollback") with
        {
            Body = () => JsonBody.Of(body, WireJson.Default.RollbackBody),
        };
        return _transport.SendAsync(call, WireJson.Default.RollbackPlan, cancellationToken);
    }
}
