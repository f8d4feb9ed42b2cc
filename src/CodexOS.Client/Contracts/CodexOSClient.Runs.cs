using System.Runtime.CompilerServices;
using System.Text.Json;
using CodexOS.Client.Http;
using CodexOS.Client.Streaming;

namespace CodexOS.Client.Contracts;

public sealed partial class CodexOSClient
{
    /// <summary>One page of the runs, newest first.</summary>
    /// <param name="filter">Which runs.</param>
    /// <param name="limit">How many at most, 1 to 100.</param>
    /// <param name="cursor">The cursor of the page before; null for the first.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public Task<Page<Run>> ListRunsAsync(
        RunFilter? filter, int? limit, string? cursor, CancellationToken cancellationToken) => _transport.SendAsync(
            ApiCall.Get(new Query("api/v1/runs")
                .With("status", filter?.Status is { } status ? Word(status) : null)
                .With("kind", filter?.Kind)
                .With("subject", filter?.Subject)
                .With("limit", limit)
                .With("cursor", cursor)
                .ToString()),
            WireJson.Default.RunPage,
            cancellationToken);

    /// <summary>All runs, page by page, newest first.</summary>
    public IAsyncEnumerable<Run> ListAllRunsAsync(RunFilter? filter, CancellationToken cancellationToken) =>
        PagesAsync((cursor, token) => ListRunsAsync(filter, PageSize, cursor, token), cancellationToken);

    /// <summary>A run by id.</summary>
    public Task<Run> GetRunAsync(string runId, CancellationToken cancellationToken) =>
        _transport.SendAsync(ApiCall.Get(RunPath(runId)), WireJson.Default.Run, cancellationToken);

    /// <summary>How busy the engine is, and what of it is the tenant's.</summary>
    public Task<RunsLoad> GetLoadAsync(CancellationToken cancellationToken) =>
        _transport.SendAsync(ApiCall.Get("api/v1/runs/load"), WireJson.Default.RunsLoad, cancellationToken);

    /// <summary>Some of a run's events.</summary>
    /// <param name="runId">The run.</param>
    /// <param name="after">Only events after this place; null for all.</param>
    /// <param name="limit">How many at most.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public Task<EventPage> ListRunEventsAsync(
        string runId, long? after, int? limit, CancellationToken cancellationToken) => _transport.SendAsync(
            ApiCall.Get(new Query($"{RunPath(runId)}/events").With("after", after).With("limit", limit).ToString()),
            WireJson.Default.EventPage,
            cancellationToken);

    /// <summary>All events of a run until now, page by page.</summary>
    public async IAsyncEnumerable<RunEvent> ListAllRunEventsAsync(
        string runId, long? after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            var page = await ListRunEventsAsync(runId, after, PageSize, cancellationToken);
            foreach (var happened in page.Items) yield return happened;
            if (page.Items.Count == 0 || page.NextAfter is not { } next || next <= (after ?? -1)) yield break;
            after = next;
        }
    }

    /// <summary>
    /// Follows a run to its end: what has happened, then what happens. Lost connections and server restarts are
    /// bridged, told as <see cref="ConnectionLost"/> and <see cref="ConnectionRestored"/>; no event is missed or
    /// repeated.
    /// </summary>
    /// <param name="runId">The run.</param>
    /// <param name="after">Begin after this place; -1 for the beginning.</param>
    /// <param name="options">How patiently to watch.</param>
    /// <param name="cancellationToken">Ends the watching, not the run.</param>
    public async IAsyncEnumerable<RunUpdate> WatchRunAsync(
        string runId,
        long after = -1,
        WatchOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await using var watch = new RunWatch(_transport, _options, options ?? new WatchOptions(), runId, after);
        while (await watch.NextAsync(cancellationToken) is { } update) yield return update;
    }

    /// <summary>One page of the requests for approval.</summary>
    /// <param name="state">Only those in this state.</param>
    /// <param name="limit">How many at most, 1 to 100.</param>
    /// <param name="cursor">The cursor of the page before; null for the first.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public Task<Page<Approval>> ListApprovalsAsync(
        ApprovalState? state, int? limit, string? cursor, CancellationToken cancellationToken) => _transport.SendAsync(
            ApiCall.Get(new Query("api/v1/approvals")
                .With("state", state is { } value ? Word(value) : null)
                .With("limit", limit)
                .With("cursor", cursor)
                .ToString()),
            WireJson.Default.ApprovalPage,
            cancellationToken);

    /// <summary>All requests for approval, page by page.</summary>
    public IAsyncEnumerable<Approval> ListAllApprovalsAsync(
        ApprovalState? state, CancellationToken cancellationToken) =>
        PagesAsync((cursor, token) => ListApprovalsAsync(state, PageSize, cursor, token), cancellationToken);

    /// <summary>Approves or denies what a run asks for.</summary>
    /// <param name="runId">The run.</param>
    /// <param name="approvalId">The request.</param>
    /// <param name="approve">Whether the step may go on.</param>
    /// <param name="argumentsHash">What was shown to whoever decides; a change makes this a conflict.</param>
    /// <param name="note">The reason, which the agent is told.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public Task<Approval> DecideAsync(
        string runId,
        string approvalId,
        bool approve,
        string argumentsHash,
        string? note,
        CancellationToken cancellationToken) =>
        DecideAsync(runId, approvalId, new DecideBody(approve, argumentsHash, note), cancellationToken);

    /// <summary>Answers a question that a call asks in its middle.</summary>
    /// <param name="question">The request; its question is not null.</param>
    /// <param name="content">The fields of the answer, which must fit the form.</param>
    /// <param name="note">A note for the journal.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public Task<Approval> AnswerAsync(
        Approval question, JsonElement content, string? note, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(question);
        return DecideAsync(
            question.RunId, question.Id, new DecideBody(true, question.ArgumentsHash, note) { Content = content },
            cancellationToken);
    }

    /// <summary>Puts a question aside, which is neither an answer nor a refusal to give one.</summary>
    /// <param name="question">The request; its question is not null.</param>
    /// <param name="note">The reason, which the agent is told.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public Task<Approval> DismissAsync(Approval question, string? note, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(question);
        return DecideAsync(
            question.RunId, question.Id, new DecideBody(false, question.ArgumentsHash, note) { Dismiss = true },
            cancellationToken);
    }

    private Task<Approval> DecideAsync(
        string runId, string approvalId, DecideBody decision, CancellationToken cancellationToken)
    {
        var call = ApiCall.Post($"{RunPath(runId)}/approvals/{Query.Segment(approvalId)}") with
        {
            Body = () => JsonBody.Of(decision, WireJson.Default.DecideBody),
        };
        return _transport.SendAsync(call, WireJson.Default.Approval, cancellationToken);
    }

    private static string RunPath(string runId) => $"api/v1/runs/{Query.Segment(runId)}";

    private static string Word<T>(T value)
        where T : struct, Enum => JsonNamingPolicy.CamelCase.ConvertName(value.ToString());
}
