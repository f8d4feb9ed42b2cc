using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Text.Json;
using CodexOS.Inference.Contracts;
using CodexOS.Knowledge.Contracts;
using CodexOS.Knowledge.Storage;
using CodexOS.Platform.Http;
using CodexOS.Platform.Tenancy;
using CodexOS.Trust.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace CodexOS.Knowledge.Cache;

/// <summary>The answers that the present tenant keeps.</summary>
internal sealed class CachedAnswers(
    IDbContextFactory<KnowledgeDb> contexts, TaskMemory memory, IVault vault, IAuditLog audit, TenantContext tenants,
    IOptions<KnowledgeOptions> options, TimeProvider clock)
{
    // Numbers of two bytes make one text differ from itself by less than this.
    private const double Tolerance = 1e-5;

    /// <summary>The answer of a key whose task is nearest, if it is near enough.</summary>
    public async Task<CachedReply?> NearestAsync(
        byte[] key, float[] vector, double similarity, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        for (var isAgain = false; ; isAgain = true)
        {
            var tasks = await memory.ReadAsync(db, key, cancellationToken);
            if (tasks.Nearest(vector, similarity - Tolerance, clock.GetUtcNow()) is not { } near) return null;
            if (await OpenAsync(db, near.Answer, near.Similarity, cancellationToken) is { } reply) return reply;
            // It has gone meanwhile, or its key with it; what is still there may be near enough.
            memory.Forget(key);
            if (isAgain) return null;
        }
    }

    /// <summary>
    /// Keeps an answer. What is expired goes, and what is oldest where there are too many. False if the tenant has switched the
    /// cache off since the model was asked.
    /// </summary>
    public async Task<bool> AddAsync(
        CacheQuestion question, byte[] key, float[] vector, ModelReply reply, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var halves = new Half[vector.Length];
        TensorPrimitives.ConvertToHalf(vector, halves);
        var row = new CachedAnswerRow
        {
            AnswerId = CachedAnswerId.New(clock),
            TenantId = tenants.Required,
            ExactKey = key,
            Vector = MemoryMarshal.AsBytes(halves.AsSpan()).ToArray(),
            Label = question.Rule.Label.GetRawText(),
            Agent = question.Agent,
            AgentVersion = question.Rule.Version,
            RunId = question.Run,
            AskedBy = question.By,
            CreatedAt = now,
            ExpiresAt = now.AddSeconds(question.Rule.TtlSeconds),
        };
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        row.Answer = await vault.SealAsync(
            db, row, static it => it.Answer, JsonSerializer.Serialize(reply, Json.Options), cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        if (await db.CacheSettings.AnyAsync(static setting => setting.IsOff, cancellationToken)) return false;
        db.CachedAnswers.Add(row);
        await db.SaveChangesAsync(cancellationToken);
        await db.CachedAnswers.Where(it => it.ExpiresAt <= now).ExecuteDeleteAsync(cancellationToken);
        var tooMany = await db.CachedAnswers.CountAsync(cancellationToken) - options.Value.CacheEntriesMax;
        if (tooMany > 0)
        {
            var oldest = await db.CachedAnswers.OrderBy(static it => it.AnswerId).Select(static it => it.AnswerId)
                .Skip(tooMany - 1).FirstAsync(cancellationToken);
            await db.CachedAnswers.Where(it => it.AnswerId.CompareTo(oldest) <= 0).ExecuteDeleteAsync(cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
        return true;
    }

    /// <summary>One more than a page of answers, newest first.</summary>
    public async Task<IReadOnlyList<CachedAnswer>> ListAsync(
        string? agent, CachedAnswerId? after, int limit, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var rows = db.CachedAnswers.Where(row => row.ExpiresAt > now);
        if (agent is not null) rows = rows.Where(row => row.Agent == agent);
        if (after is { } last) rows = rows.Where(row => row.AnswerId.CompareTo(last) < 0);
        return await rows.OrderByDescending(static row => row.AnswerId).Take(limit + 1)
            .Select(static row => new CachedAnswer(
                row.AnswerId, row.Agent, row.AgentVersion, row.RunId, row.AskedBy, row.Hits, row.CreatedAt, row.ExpiresAt))
            .ToListAsync(cancellationToken);
    }

    /// <summary>Removes all answers, or those of an agent; that it was done is audited.</summary>
    public async Task<CacheCleared> ClearAsync(string? agent, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var meant = db.CachedAnswers.Where(row => agent == null || row.Agent == agent);
        var count = await meant.ExecuteDeleteAsync(cancellationToken);
        var done = AuditEntry.Done("knowledge.clear_cache").With("removed", $"{count}");
        await audit.RecordAsync(agent is null ? done : done.On("agent", agent), db, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        memory.Forget();
        return new CacheCleared(count);
    }

    private async Task<CachedReply?> OpenAsync(
        KnowledgeDb db, CachedAnswerId id, double similarity, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var found = await db.CachedAnswers.AsNoTracking()
            .SingleOrDefaultAsync(it => it.AnswerId == id && it.ExpiresAt > now, cancellationToken);
        if (found is not { } row) return null;
        if (!(await vault.OpenAsync(db, row, static it => it.Answer, cancellationToken)).TryGet(out var text, out _)) return null;
        await db.CachedAnswers.Where(it => it.AnswerId == id)
            .ExecuteUpdateAsync(static set => set.SetProperty(static it => it.Hits, static it => it.Hits + 1), cancellationToken);
        using var label = JsonDocument.Parse(row.Label);
        var reply = JsonSerializer.Deserialize<ModelReply>(text, Json.Options)!;
        var from = new CachedFrom(row.RunId, row.CreatedAt, Math.Round(Math.Min(1, similarity), 4));
        return new CachedReply(reply with { IsPriced = true, Cached = from }, label.RootElement.Clone());
    }
}
