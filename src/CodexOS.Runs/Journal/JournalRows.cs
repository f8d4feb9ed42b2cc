using System.Text.Json;

namespace CodexOS.Runs.Journal;

/// <summary>The rows that change with a batch of events, as JSON for <see cref="AppendSql"/>; null where none do.</summary>
internal static class JournalRows
{
    private static readonly JsonSerializerOptions SnakeCase = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
    };

    /// <summary>The runs that are made, those that change, and the approvals.</summary>
    public static (string? Created, string? Patched, string? Asked) Of(JournalRecord[] records) => (
        JsonOf(records, record => record.NewRun is not null, RowOf),
        JsonOf(records, record => record.Patch is not null, PatchOf),
        JsonOf(records, record => record.Approval is not null, ApprovalOf));

    private static object RowOf(JournalRecord record) => new
    {
        RunId = record.Run.Value,
        record.Seq,
        TenantId = record.Tenant.Value,
        record.NewRun!.Kind,
        record.NewRun.Subject,
        record.NewRun.SubjectVersion,
        record.NewRun.Title,
        CreatedBy = record.NewRun.By.Value,
        Status = (short)record.NewRun.Status,
        record.NewRun.Owner,
        record.Epoch,
        CreatedAt = record.At,
        record.NewRun.Labels.Model,
        record.NewRun.Labels.ModelIsReal,
        record.NewRun.Labels.Workspace,
        Priority = (short)record.NewRun.Priority,
        ParentRun = record.NewRun.Parent?.Value,
        ForkedFrom = record.NewRun.ForkedFrom?.Value,
        record.NewRun.ForkSeq,
        record.NewRun.WakeAt,
    };

    private static object PatchOf(JournalRecord record) => new
    {
        RunId = record.Run.Value,
        record.Seq,
        Status = (short)record.Patch!.Status,
        record.Patch.WakeAt,
        record.Patch.StartedAt,
        record.Patch.EndedAt,
        record.Patch.StepsCount,
        record.Patch.Usage.TokensIn,
        record.Patch.Usage.TokensOut,
        record.Patch.Usage.CostMicroUsd,
        record.Patch.Output,
        FaultCode = record.Patch.Fault?.Code,
        FaultKind = SqliteJournal.KindOf(record.Patch.Fault),
        FaultMessage = record.Patch.Fault?.Message,
        record.Patch.SubjectVersion,
        record.Patch.Progress,
        record.Patch.Owner,
        record.Patch.Epoch,
    };

    private static object ApprovalOf(JournalRecord record) => new
    {
        ApprovalId = record.Approval!.Id.Value,
        TenantId = record.Tenant.Value,
        RunId = record.Run.Value,
        record.Seq,
        State = (short)record.Approval.State,
        record.Approval.ExpiresAt,
    };

    private static string? JsonOf(
        JournalRecord[] records, Func<JournalRecord, bool> which, Func<JournalRecord, object> row)
    {
        List<object>? rows = null;
        foreach (var record in records)
        {
            if (which(record)) (rows ??= []).Add(row(record));
        }

        return rows is null ? null : JsonSerializer.Serialize(rows, SnakeCase);
    }
}
