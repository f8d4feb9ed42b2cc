using CodexOS.Platform.Ids;
using CodexOS.Platform.Storage;
using CodexOS.Trust.Contracts;

namespace CodexOS.Trust.Storage;

/// <summary>What an entry says, whether or not it has a place in its log yet. All of it is in the leaf.</summary>
internal abstract class AuditRow : ITenantOwned
{
    /// <summary>Whose log it belongs to; see <see cref="Audit.AuditLogs"/>.</summary>
    public required TenantId TenantId { get; init; }

    public required AuditEntryId EntryId { get; init; }

    /// <summary>When, in whole milliseconds.</summary>
    public required DateTimeOffset At { get; init; }

    public required string Action { get; init; }

    /// <summary>An <see cref="AuditOutcome"/>, as its word.</summary>
    public required string Outcome { get; init; }

    /// <summary>An <see cref="AuditActorKind"/>, as its word.</summary>
    public required string ActorKind { get; init; }

    public required string ActorId { get; init; }

    public string? ResourceType { get; init; }

    public string? ResourceId { get; init; }

    /// <summary>Further facts, as canonical JSON.</summary>
    public required string Details { get; init; }

    /// <summary>The commitments to facts about persons by name, as canonical JSON.</summary>
    public required string Commitments { get; init; }
}

/// <summary>An entry as the transaction that did it left it.</summary>
internal sealed class AuditPendingRow : AuditRow
{
    public long PendingId { get; init; }
}

/// <summary>An entry in its place.</summary>
internal sealed class AuditEntryRow : AuditRow
{
    /// <summary>Its number in the log, from 0 without gaps.</summary>
    public required long LeafIndex { get; init; }
}

/// <summary>A fact about a person, with the salt that opens the commitment to it.</summary>
internal sealed class AuditPersonalRow : ITenantOwned
{
    public required TenantId TenantId { get; init; }

    public required AuditEntryId EntryId { get; init; }

    public required string Field { get; init; }

    /// <summary>Whom it speaks of: the printed id of a user, or of whoever acted.</summary>
    public required string Subject { get; init; }

    public required byte[] Salt { get; init; }

    public required string Value { get; init; }
}

/// <summary>The hash of a complete subtree.</summary>
internal sealed class AuditNodeRow : ITenantOwned
{
    public required TenantId TenantId { get; init; }

    /// <summary>It covers 2^level leaves.</summary>
    public required short NodeLevel { get; init; }

    /// <summary>Its number among those of its level, from 0.</summary>
    public required long NodeIndex { get; init; }

    public required byte[] Hash { get; init; }
}

/// <summary>How far a log has come.</summary>
internal sealed class AuditTreeRow : ITenantOwned
{
    public required TenantId TenantId { get; init; }

    public long Size { get; set; }

    public required byte[] Root { get; set; }

    public DateTimeOffset ChangedAt { get; set; }

    /// <summary>The size that the newest checkpoint speaks of; 0 before the first.</summary>
    public long CheckpointSize { get; set; }

    /// <summary>When that was signed; before the first, when the log began.</summary>
    public DateTimeOffset CheckpointAt { get; set; }
}

/// <summary>A signed statement of how far a log had come.</summary>
internal sealed class AuditCheckpointRow : ITenantOwned
{
    public required TenantId TenantId { get; init; }

    public required long Size { get; init; }

    public required byte[] Root { get; init; }

    public required DateTimeOffset At { get; init; }

    /// <summary>The signed note.</summary>
    public required string Note { get; init; }

    /// <summary>When the last of the places outside of the database had taken its copy.</summary>
    public DateTimeOffset? PublishedAt { get; set; }
}
