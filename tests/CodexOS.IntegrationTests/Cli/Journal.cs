using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using System.Threading.Channels;

namespace CodexOS.IntegrationTests.Cli;

/// <summary>The journal of the one run that <see cref="ContractServer"/> has, and what it tells of that run.</summary>
internal sealed class Journal
{
    private readonly Lock _lock = new();
    private readonly List<JsonObject> _events = [];
    private readonly List<Channel<string>> _watchers = [];
    private JsonObject? _approval;

    public string RunId { get; } = "run_0198c0ffee1270008000000000000001";

    public string ArgumentsHash { get; } = "h1";

    public string Status { get; set; } = "running";

    /// <summary>Signals each time a watcher has begun to stream.</summary>
    public SemaphoreSlim Watched { get; } = new(0);

    public void Append(string kind, JsonObject data)
    {
        lock (_lock)
        {
            _events.Add(new JsonObject
            {
                ["seq"] = _events.Count,
                ["kind"] = kind,
                ["at"] = "2026-01-01T00:00:00Z",
                ["data"] = data,
            });
            foreach (var watcher in _watchers) watcher.Writer.TryWrite(Frame(_events[^1]));
        }
    }

    public void Delta(string step, string text, int offset)
    {
        var data = new JsonObject { ["step"] = step, ["text"] = text, ["offset"] = offset };
        lock (_lock)
        {
            foreach (var watcher in _watchers)
                watcher.Writer.TryWrite($"event: delta\ndata: {data.ToJsonString()}\n\n");
        }
    }

    public void Ask()
    {
        lock (_lock)
        {
            _approval = new JsonObject
            {
                ["id"] = "apr_1",
                ["runId"] = RunId,
                ["step"] = "t1",
                ["tool"] = "git_commit",
                ["title"] = "Commit the change",
                ["arguments"] = new JsonObject { ["message"] = "Fix add" },
                ["argumentsHash"] = ArgumentsHash,
                ["preview"] = new JsonObject { ["kind"] = "diff", ["diff"] = "@@ -1 +1 @@\n-old\n+new\n" },
                ["requestedAt"] = "2026-01-01T00:00:00Z",
                ["expiresAt"] = "2026-01-02T00:00:00Z",
                ["state"] = "pending",
            };
            Status = "waiting";
        }

        var data = (JsonObject)_approval.DeepClone();
        data["approvalId"] = "apr_1";
        Append("approval.requested", data);
    }

    public JsonObject Decide(bool approve, string? note, string by = "ada")
    {
        JsonObject decided;
        lock (_lock)
        {
            decided = (JsonObject)_approval!.DeepClone();
            decided["state"] = approve ? "approved" : "denied";
            _approval = null;
            Status = "running";
        }

        Append("approval.decided", new JsonObject
        {
            ["approvalId"] = "apr_1",
            ["approved"] = approve,
            ["by"] = by,
            ["note"] = note,
        });
        return decided;
    }

    public void Complete(string output)
    {
        Status = "completed";
        Append("run.completed", new JsonObject { ["output"] = output });
    }

    public void Fail(string code, string kind, string message)
    {
        Status = "failed";
        Append("run.failed", new JsonObject
        {
            ["fault"] = new JsonObject { ["code"] = code, ["kind"] = kind, ["message"] = message },
        });
    }

    public IReadOnlyList<JsonObject> After(long seq)
    {
        lock (_lock) return [.. _events.Where(each => (int)each["seq"]! > seq)];
    }

    public async IAsyncEnumerable<string> StreamAsync(
        long after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var mine = Channel.CreateUnbounded<string>();
        lock (_lock)
        {
            foreach (var each in After(after)) mine.Writer.TryWrite(Frame(each));
            _watchers.Add(mine);
        }

        Watched.Release();
        try
        {
            if (IsOver && After(after).Count == 0) yield break;
            await foreach (var frame in mine.Reader.ReadAllAsync(cancellationToken))
            {
                yield return frame;
                if (IsOver && mine.Reader.Count == 0) yield break;
            }
        }
        finally
        {
            lock (_lock) _watchers.Remove(mine);
        }
    }

    public JsonObject Run()
    {
        lock (_lock)
        {
            var failed = _events.LastOrDefault(each => (string?)each["kind"] == "run.failed");
            return new JsonObject
            {
                ["id"] = RunId,
                ["kind"] = "agent",
                ["subject"] = "fixer",
                ["subjectVersion"] = 3,
                ["title"] = "make the failing test pass",
                ["status"] = Status,
                ["createdAt"] = "2026-01-01T00:00:00Z",
                ["startedAt"] = "2026-01-01T00:00:00Z",
                ["endedAt"] = IsOver ? "2026-01-01T00:00:12.4Z" : null,
                ["headSeq"] = _events.Count - 1,
                ["stepsCount"] = 6,
                ["tokensIn"] = 1234,
                ["tokensOut"] = 56,
                ["costMicroUsd"] = 12300,
                ["workspaceId"] = "wsp_1",
                ["model"] = "scripted:demo",
                ["modelIsReal"] = false,
                ["pendingApprovals"] = _approval is null ? [] : new JsonArray(_approval.DeepClone()),
                ["output"] = Status == "completed" ? "done" : null,
                ["fault"] = failed?["data"]?["fault"]?.DeepClone(),
            };
        }
    }

    private bool IsOver => Status is "completed" or "failed" or "cancelled";

    private static string Frame(JsonObject happened) =>
        $"id: {happened["seq"]}\nevent: {happened["kind"]}\ndata: {happened.ToJsonString()}\n\n";
}
