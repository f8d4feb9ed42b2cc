using System.Collections.Immutable;
using CodexOS.Platform.Ids;
using CodexOS.Runs.Contracts;
using CodexOS.Runs.Core;
using CodexOS.Runs.Journal;

namespace CodexOS.Testing.Simulation;

/// <summary>A run's row and its own events.</summary>
internal sealed class SimRow(JournalRecord first, NewRun made)
{
    public RunId Run => first.Run;

    public TenantId Tenant => first.Tenant;

    public NewRun Made => made;

    public DateTimeOffset CreatedAt => first.At;

    /// <summary>The place of the first event of its own.</summary>
    public int OwnFrom => first.Seq;

    public List<(JournalRecord Record, StoredEvent Event)> Events { get; } = [];

    public int Epoch { get; set; } = first.Epoch;

    public string Owner { get; set; } = made.Owner;

    public RunPatch Shown { get; set; } = new(
        made.Status, made.WakeAt, null, null, 0, EffectUsage.None, null, null)
    { SubjectVersion = made.SubjectVersion };

    public int NextSeq => OwnFrom + Events.Count;

    public bool Ended => Shown.EndedAt is not null;
}

/// <summary>
/// The database that all nodes share. Its statements do what those of the SQL journals do, each as a whole; between a
/// node and it, requests and answers are late, get lost, or take effect without an answer.
/// </summary>
internal sealed class SimDatabase(SimWorld world, SimFaults faults, SimChecks checks)
{
    private readonly Dictionary<RunId, SimRow> _rows = [];

    /// <summary>All rows, the oldest first.</summary>
    public List<SimRow> Rows { get; } = [];

    /// <summary>The owners that the cluster takes for living.</summary>
    public HashSet<string> Members { get; } = new(StringComparer.Ordinal);

    /// <summary>The names of all nodes that ever were, by owner.</summary>
    public Dictionary<string, string> Names { get; } = new(StringComparer.Ordinal);

    public string NodeOf(string owner) => Names.GetValueOrDefault(owner, owner);

    public SimRow? Find(RunId run) => _rows.GetValueOrDefault(run);

    /// <summary>Sends a statement and waits for its answer.</summary>
    public Task<T> AskAsync<T>(bool writes, Func<T> statement)
    {
        var answer = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        world.After(faults.Latency(), () =>
        {
            if (faults.Outage(writes) is { } down)
            {
                answer.TrySetException(down);
                return;
            }

            T result;
            try
            {
                result = statement();
            }
            catch (Exception bug)
            {
                checks.Broken($"A statement failed: {bug}");
                return;
            }

            if (writes && faults.LosesAnswer()) answer.TrySetException(new IOException("The connection broke."));
            else if (faults.Latency() is var late && late > TimeSpan.Zero) world.After(late, () => answer.TrySetResult(result));
            else answer.TrySetResult(result);
        });
        return answer.Task;
    }

    /// <summary>Appends a group; false if another owner was faster. The first record decides for the whole group.</summary>
    public bool Append(ImmutableArray<JournalRecord> records, SimMutation mutation)
    {
        var first = records[0];
        var row = Find(first.Run);
        if (row is null && first.NewRun is { } made)
        {
            row = new SimRow(first, made);
            _rows.Add(first.Run, row);
            Rows.Add(row);
        }

        if (row is null)
        {
            checks.Broken($"An event of {first.Run}, which does not exist, was appended.");
            return false;
        }

        if (first.Seq < row.NextSeq)
        {
            if (first.Seq >= row.OwnFrom && row.Events[first.Seq - row.OwnFrom].Record.Id == first.Id)
                return mutation is not SimMutation.ForgetsIds;
            if (mutation is not SimMutation.NoFencing) return false;
            records = [.. records.Select((record, i) => record with { Seq = row.NextSeq + i })];
        }
        else if (row.Epoch > first.Epoch && mutation is not SimMutation.NoFencing)
        {
            return false;
        }

        if (mutation is SimMutation.TearsGroups && first.NewRun is null) records = records[..1];
        foreach (var record in records)
        {
            var stored = new StoredEvent(record.Seq, record.Kind, record.Payload, record.At);
            checks.Appending(row, record);
            row.Events.Add((record, stored));
            if (record.Patch is { } patch && mutation is not SimMutation.ForgetsRows)
            {
                row.Shown = patch;
                row.Owner = patch.Owner ?? row.Owner;
                row.Epoch = patch.Epoch ?? row.Epoch;
            }

            if (record.Approval is { } approval) checks.Approval(row, approval);
        }

        checks.Appended(row, records.Length);
        return true;
    }

    /// <summary>Raises the epoch and appends the claim; null if there is no such run or it has ended.</summary>
    public (TenantId Tenant, int Epoch)? Claim(RunId run, string owner, DateTimeOffset at, AppendId id)
    {
        if (Find(run) is not { Ended: false } row) return null;
        var claim = new RunClaimed(owner, row.Epoch + 1);
        (row.Owner, row.Epoch) = (owner, claim.Epoch);
        var record = new JournalRecord(
            run, row.Tenant, row.NextSeq, claim.Epoch, id, RunEventJson.KindOf(claim), RunEventJson.Write(claim), at);
        checks.Appending(row, record);
        row.Events.Add((record, new StoredEvent(record.Seq, record.Kind, record.Payload, at)));
        checks.Appended(row, 1);
        return (row.Tenant, claim.Epoch);
    }

    public IReadOnlyList<StoredEvent> ReadOwn(RunId run, int afterSeq, int limit)
    {
        if (Find(run) is not { } row) return [];
        var skip = Math.Max(0, afterSeq + 1 - row.OwnFrom);
        var events = new List<StoredEvent>(Math.Max(0, row.Events.Count - skip));
        for (var i = skip; i < row.Events.Count && events.Count < limit; i++) events.Add(row.Events[i].Event);
        return events;
    }

    /// <summary>All events of a run, those before a fork included.</summary>
    public List<StoredEvent> ReadAll(RunId run)
    {
        var row = Find(run)!;
        var events = row.Made.ForkedFrom is { } from
            ? ReadAll(from).Take(row.Made.ForkSeq!.Value + 1).ToList()
            : [];
        events.AddRange(row.Events.Select(one => one.Event));
        return events;
    }

    public IReadOnlyList<RunId> Where(Func<SimRow, bool> holds, int limit) =>
        [.. Rows.Where(holds).Take(limit).Select(row => row.Run)];

    public bool HasEnded(RunId? run) => run is { } known && Find(known) is { Ended: true };
}
