namespace CodexOS.Runs.Journal;

/// <summary>
/// The one statement that writes a batch on PostgreSQL. Most batches only bring events, so the parts that change
/// projections are left out where there is nothing for them: each of the eight forms is prepared once.
/// </summary>
internal static class AppendSql
{
    private const string Events = """
        WITH inserted AS (
            INSERT INTO runs.run_events (run_id, seq, tenant_id, epoch, kind, event_id, payload, at)
            SELECT g.run_id, g.seq, g.tenant_id, g.epoch, g.kind, g.event_id, g.payload, g.at
            FROM unnest($1::uuid[], $2::int[], $3::uuid[], $4::int[], $5::smallint[], $6::uuid[], $7::text[],
                $8::timestamptz[]) AS g (run_id, seq, tenant_id, epoch, kind, event_id, payload, at)
            WHERE NOT EXISTS (SELECT 1 FROM runs.runs r WHERE r.run_id = g.run_id AND r.epoch > g.epoch)
            ON CONFLICT DO NOTHING
            RETURNING run_id, seq)
        """;

    private const string Created = """
        created AS (
            INSERT INTO runs.runs (run_id, tenant_id, kind, subject, subject_version, title, created_by, status, owner,
                epoch, created_at, steps_count, tokens_in, tokens_out, cost_micro_usd, model, model_is_real, workspace,
                priority, parent_run, forked_from, fork_seq, wake_at)
            SELECT n.run_id, n.tenant_id, n.kind, n.subject, n.subject_version, n.title, n.created_by, n.status, n.owner,
                n.epoch, n.created_at, 0, 0, 0, 0, n.model, n.model_is_real, n.workspace, n.priority, n.parent_run,
                n.forked_from, n.fork_seq, n.wake_at
            FROM jsonb_to_recordset({0}::jsonb) AS n (run_id uuid, seq int, tenant_id uuid, kind text, subject text,
                subject_version int, title text, created_by uuid, status smallint, owner text, epoch int,
                created_at timestamptz, model text, model_is_real boolean, workspace text, priority smallint,
                parent_run uuid, forked_from uuid, fork_seq int, wake_at timestamptz)
            JOIN inserted USING (run_id, seq)
            ON CONFLICT DO NOTHING)
        """;

    private const string Patched = """
        patched AS (
            UPDATE runs.runs r SET status = p.status, wake_at = p.wake_at, started_at = p.started_at,
                ended_at = p.ended_at, steps_count = p.steps_count, tokens_in = p.tokens_in, tokens_out = p.tokens_out,
                cost_micro_usd = p.cost_micro_usd, output = p.output, fault_code = p.fault_code,
                fault_kind = p.fault_kind, fault_message = p.fault_message, subject_version = p.subject_version,
                progress = p.progress, owner = COALESCE(p.owner, r.owner), epoch = COALESCE(p.epoch, r.epoch)
            FROM (
                SELECT DISTINCT ON (q.run_id) q.* FROM jsonb_to_recordset({0}::jsonb) AS q (run_id uuid, seq int,
                    status smallint, wake_at timestamptz, started_at timestamptz, ended_at timestamptz, steps_count int,
                    tokens_in bigint, tokens_out bigint, cost_micro_usd bigint, output text, fault_code text,
                    fault_kind text, fault_message text, subject_version int, progress double precision, owner text,
                    epoch int)
                JOIN inserted USING (run_id, seq) ORDER BY q.run_id, q.seq DESC) p
            WHERE r.run_id = p.run_id)
        """;

    private const string Asked = """
        asked AS (
            INSERT INTO runs.approvals (approval_id, tenant_id, run_id, seq, state, expires_at)
            SELECT a.approval_id, a.tenant_id, a.run_id, a.seq, a.state, a.expires_at
            FROM jsonb_to_recordset({0}::jsonb) AS a (approval_id uuid, tenant_id uuid, run_id uuid, seq int,
                state smallint, expires_at timestamptz)
            JOIN inserted USING (run_id, seq)
            ON CONFLICT (approval_id) DO UPDATE SET state = excluded.state)
        """;

    // A claim that commits while this waits for its row takes the first place of a former owner's group and leaves the
    // others free. The batch is then refused as a whole, so that no torn group stays.
    private const string Whole = """
        SELECT CASE
            WHEN (SELECT count(*) FROM inserted) < cardinality($1) AND EXISTS (
                SELECT 1 FROM unnest($1, $2, $9::int[]) AS given (run_id, seq, part)
                LEFT JOIN inserted i USING (run_id, seq)
                GROUP BY part HAVING count(i.run_id) NOT IN (0, count(*)))
            THEN runs.refuse_torn() ELSE (SELECT count(*) FROM inserted) END
        """;

    private static readonly string[] Forms =
        [.. Enumerable.Range(0, 8).Select(form => Write((form & 1) != 0, (form & 2) != 0, (form & 4) != 0))];

    /// <summary>The state of the error that <c>runs.refuse_torn</c> raises.</summary>
    public const string Torn = "CX001";

    /// <summary>
    /// The form that has the parts asked for. Its parameters are the eight arrays of the events, the append that each
    /// belongs to and then, in this order, the rows of each part as JSON. It gives how many events were inserted.
    /// </summary>
    public static string For(bool created, bool patched, bool asked) =>
        Forms[(created ? 1 : 0) | (patched ? 2 : 0) | (asked ? 4 : 0)];

    private static string Write(bool created, bool patched, bool asked)
    {
        List<string> parts = [Events];
        foreach (var (wanted, part) in ((bool, string)[])[(created, Created), (patched, Patched), (asked, Asked)])
        {
            if (wanted) parts.Add(part.Replace("{0}", $"${parts.Count + 9}", StringComparison.Ordinal));
        }

        return $"{string.Join(",\n", parts)}\n{Whole}";
    }
}
