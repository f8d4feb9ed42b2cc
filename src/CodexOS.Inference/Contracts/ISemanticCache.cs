using System.Text.Json;
using CodexOS.Platform.Ids;
using CodexOS.Runs.Contracts;

namespace CodexOS.Inference.Contracts;

/// <summary>
/// Keeps answers of models, and finds one for a task that means the same. It never fails a call: what it cannot do, it leaves
/// to the model.
/// </summary>
public interface ISemanticCache
{
    /// <summary>Looks for an answer, and for a place where the model's own can be kept.</summary>
    Task<CacheLookup> FindAsync(CacheQuestion question, CancellationToken cancellationToken);

    /// <summary>Keeps a model's answer, if it may be kept.</summary>
    Task KeepAsync(CachePlace place, ModelReply reply, CancellationToken cancellationToken);
}

/// <summary>What holds for the answers of an agent.</summary>
/// <param name="Agent">The agent, by id.</param>
/// <param name="Version">Its version.</param>
/// <param name="Similarity">How near the meanings of two tasks must be, as the cosine of their vectors.</param>
/// <param name="TtlSeconds">How long an answer is kept.</param>
/// <param name="Label">Where what the model reads comes from and who may read it, as it is journaled.</param>
public sealed record CacheRule(string Agent, int Version, double Similarity, long TtlSeconds, JsonElement Label);

/// <summary>A task that may have been asked before, alone in its conversation.</summary>
/// <param name="Tenant">Whose it is.</param>
/// <param name="Run">The run that asks.</param>
/// <param name="By">Who started it.</param>
/// <param name="Agent">The agent, by name.</param>
/// <param name="Grant">What the run may touch.</param>
/// <param name="Call">All that the model would be sent.</param>
/// <param name="Rule">What holds for it.</param>
/// <param name="Instructions">What the model is told before the task.</param>
/// <param name="Text">The task.</param>
public sealed record CacheQuestion(
    TenantId Tenant, RunId Run, UserId By, string Agent, JsonElement Grant, ChatCall Call, CacheRule Rule, string Instructions,
    string Text);

/// <summary>What a cache found.</summary>
/// <param name="Answer">The answer; null if there is none.</param>
/// <param name="Place">Where the model's answer can be kept; null where it may not.</param>
public sealed record CacheLookup(CachedReply? Answer, CachePlace? Place)
{
    /// <summary>Neither an answer nor a place for one.</summary>
    public static CacheLookup Nothing { get; } = new(null, null);
}

/// <summary>An answer that was kept.</summary>
/// <param name="Reply">The answer, which says where it comes from.</param>
/// <param name="Label">The label that it had, as it is journaled.</param>
public sealed record CachedReply(ModelReply Reply, JsonElement Label);

/// <summary>Where an answer can be kept: whatever a cache wants to know again.</summary>
public abstract record CachePlace;

/// <summary>Which earlier answer a reply is.</summary>
/// <param name="Run">The run that it was given to by the model.</param>
/// <param name="At">When.</param>
/// <param name="Similarity">How near the meanings of both tasks are, as the cosine of their vectors.</param>
public sealed record CachedFrom(RunId Run, DateTimeOffset At, double Similarity);
