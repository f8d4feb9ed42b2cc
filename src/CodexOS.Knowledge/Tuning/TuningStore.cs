using System.Globalization;
using CodexOS.Knowledge.Bases;
using CodexOS.Knowledge.Storage;
using CodexOS.Platform.Faults;
using CodexOS.Trust.Contracts;
using Microsoft.EntityFrameworkCore;

namespace CodexOS.Knowledge.Tuning;

/// <summary>The synonyms and boosts of the bases of the present tenant; each change is audited.</summary>
internal sealed class TuningStore(
    IDbContextFactory<KnowledgeDb> contexts, BaseStore bases, TuningCheck check, IAuditLog audit)
{
    public async Task<Result<KnowledgeSynonyms>> SynonymsAsync(string name, CancellationToken cancellationToken) =>
        (await bases.FindAsync(name, cancellationToken)).TryGet(out var row, out var fault)
            ? BaseTunings.SynonymsOf(row)
            : fault;

    public async Task<Result<KnowledgeBoosts>> BoostsAsync(string name, CancellationToken cancellationToken) =>
        (await bases.FindAsync(name, cancellationToken)).TryGet(out var row, out var fault) ? BaseTunings.BoostsOf(row) : fault;

    /// <summary>Puts synonyms in place of those that a base has.</summary>
    public async Task<Result<KnowledgeSynonyms>> SetAsync(
        string name, SetSynonymsRequest request, CancellationToken cancellationToken)
    {
        if (!(await bases.FindAsync(name, cancellationToken)).TryGet(out _, out var fault)) return fault;
        if (!check.Of(request).TryGet(out var wanted, out fault)) return fault;
        var rules = wanted.Rules.Count(static rule => !SynonymRule.IsRemark(rule));
        return await ChangeAsync(
            name, row => row.Synonyms = BaseTunings.Write(wanted), "knowledge.change_synonyms", rules, cancellationToken)
            is { } gone ? gone : wanted;
    }

    /// <summary>Puts boosts in place of those that a base has.</summary>
    public async Task<Result<KnowledgeBoosts>> SetAsync(
        string name, SetBoostsRequest request, CancellationToken cancellationToken)
    {
        if (!(await bases.FindAsync(name, cancellationToken)).TryGet(out _, out var fault)) return fault;
        if (!check.Of(request).TryGet(out var wanted, out fault)) return fault;
        return await ChangeAsync(
            name, row => row.Boosts = BaseTunings.Write(wanted), "knowledge.change_boosts", wanted.Metadata.Count, cancellationToken)
            is { } gone ? gone : wanted;
    }

    private async Task<Fault?> ChangeAsync(
        string name, Action<BaseRow> change, string action, int rules, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        if (await db.Bases.SingleOrDefaultAsync(one => one.Name == name, cancellationToken) is not { } row)
            return KnowledgeFaults.BaseNotFound;
        change(row);
        await db.SaveChangesAsync(cancellationToken);
        await audit.RecordAsync(
            AuditEntry.Done(action).On("knowledge", row.Name).With("base", row.BaseId.ToString())
                .With("rules", rules.ToString(CultureInfo.InvariantCulture)),
            db, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return null;
    }
}
