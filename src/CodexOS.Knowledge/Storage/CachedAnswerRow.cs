using CodexOS.Knowledge.Contracts;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Storage;
using CodexOS.Runs.Contracts;
using CodexOS.Trust.Contracts;

namespace CodexOS.Knowledge.Storage;

/// <summary>A model's answer, kept for the next task that means the same.</summary>
[Kept("until it expires, the cache is cleared, or more answers than the options allow have come after it")]
internal sealed class CachedAnswerRow : ITenantOwned
{
    [DataClass(DataClass.Internal)]
    public required CachedAnswerId AnswerId { get; init; }

    [DataClass(DataClass.Internal)]
    public required TenantId TenantId { get; init; }

    /// <summary>SHA-256 over all that must be the same, see <see cref="Cache.CacheKey"/>.</summary>
    [DataClass(DataClass.Internal)]
    public required byte[] ExactKey { get; init; }

    /// <summary>The vector of the task, in numbers of two bytes.</summary>
    [DataClass(DataClass.Confidential, Subject = nameof(AskedBy))]
    public required byte[] Vector { get; init; }

    /// <summary>The answer, as it was journaled.</summary>
    [Confidential]
    [DataClass(DataClass.Confidential, Subject = nameof(AskedBy))]
    public Sealed? Answer { get; set; }

    /// <summary>Where the answer comes from and who may read it, as JSON.</summary>
    [DataClass(DataClass.Internal)]
    public required string Label { get; init; }

    /// <summary>The agent, by name.</summary>
    [DataClass(DataClass.Internal)]
    public required string Agent { get; init; }

    [DataClass(DataClass.Internal)]
    public required int AgentVersion { get; init; }

    /// <summary>The run that the model gave the answer to.</summary>
    [DataClass(DataClass.Internal)]
    public required RunId RunId { get; init; }

    /// <summary>Who started that run.</summary>
    [DataClass(DataClass.Internal)]
    public required UserId AskedBy { get; init; }

    /// <summary>How often it took the place of a call.</summary>
    [DataClass(DataClass.Internal)]
    public long Hits { get; init; }

    [DataClass(DataClass.Internal)]
    public required DateTimeOffset CreatedAt { get; init; }

    [DataClass(DataClass.Internal)]
    public required DateTimeOffset ExpiresAt { get; init; }
}

/// <summary>Whether a tenant's agents may give answers again; without one they may.</summary>
[Kept("for as long as the tenant is there")]
internal sealed class CacheSettingRow : ITenantOwned
{
    [DataClass(DataClass.Internal)]
    public required TenantId TenantId { get; init; }

    [DataClass(DataClass.Internal)]
    public required bool IsOff { get; init; }

    [DataClass(DataClass.Internal)]
    public required DateTimeOffset ChangedAt { get; init; }

    [DataClass(DataClass.Internal)]
    public required UserId ChangedBy { get; init; }
}
