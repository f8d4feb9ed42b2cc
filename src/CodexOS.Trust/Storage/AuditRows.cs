using CodexOS.Platform.Ids;
using CodexOS.Platform.Storage;
using CodexOS.Trust.Contracts;

namespace CodexOS.Trust.Storage;

/// <summary>What an entry says, whether or not it has a place in its log yet. All of it is in the leaf.</summary>
internal abstract class AuditRow : ITenantOwned
{
    /// <summary>Whose log it belongs to; see <see cref="Audit.AuditLogs"/>.</summary>
    [DataClass(DataClass.Internal)]
    public required TenantId TenantId { get; init; }

    [DataClass(DataClass.Internal)]
    public required AuditEntryId EntryId { get; init; }

    /// <summary>When, in whole milliseconds.</summary>
    [DataClass(DataClass.Internal)]
    public required DateTimeOffset At { get; init; }

    [DataClass(DataClass.Internal)]
    public required string Action { get; init; }

    /// <summary>An <see cref="AuditOutcome"/>, as its word.</summary>
    [DataClass(DataClass.Internal)]
    public required string Outcome { get; init; }

    /// <summary>An <see cref="AuditActorKind"/>, as its word.</summary>
    [DataClass(DataClass.Internal)]
    public required string ActorKind { get; init; }

    [DataClass(DataClass.Internal)]
    public required string ActorId { get; init; }

    [DataClass(DataClass.Internal)]
    public string? ResourceType { get; init; }

    [DataClass(DataClass.Internal)]
    public string? ResourceId { get; init; }

    /// <summary>Further facts, as canonical JSON.</summary>
    [DataClass(DataClass.Internal)]
    public required string Details { get; init; }

    /// <summary>The commitments to facts about persons by name, as canonical JSON.</summary>
    [DataClass(DataClass.Internal)]
    public required string Commitments { get; init; }
}

/// <summary>An entry as the transaction that did it left it.</summary>
[Kept("until it has its place in the log, within seconds")]
internal sealed class AuditPendingRow : AuditRow
{
    [DataClass(DataClass.Internal)]
    public long PendingId { get; init; }
}

/// <summary>An entry in its place.</summary>
[Kept("for good: entries of the log are never changed or removed")]
internal sealed class AuditEntryRow : AuditRow
{
    /// <summary>Its number in the log, from 0 without gaps.</summary>
    [DataClass(DataClass.Internal)]
    public required long LeafIndex { get; init; }
}

/// <summary>A fact about a person, with the salt that opens the commitment to it.</summary>
[Kept("for the retention of facts about persons in the audit log, or until the person is erased. Whoever fails to sign in is "
    + "unknown: facts about them are nobody's, under the installation's key, and go with the retention only. Facts about somebody "
    + "who is invited are under the tenant's key until they join")]
internal sealed class AuditPersonalRow : ITenantOwned
{
    [DataClass(DataClass.Internal)]
    public required TenantId TenantId { get; init; }

    [DataClass(DataClass.Internal)]
    public required AuditEntryId EntryId { get; init; }

    [DataClass(DataClass.Internal)]
    public required string Field { get; init; }

    /// <summary>
    /// Whom it speaks of: the printed id of a user, of whoever else acted, or of what stands for somebody who has no id yet;
    /// empty of somebody unknown.
    /// </summary>
    [DataClass(DataClass.Internal)]
    public required string Subject { get; init; }

    /// <summary>Salt and value, as <see cref="Audit.PersonalFacts"/> seals them.</summary>
    [PersonalData(nameof(Subject)), DataClass(DataClass.Confidential, Subject = nameof(Subject))]
    public required Sealed Fact { get; init; }
}

/// <summary>The hash of a complete subtree.</summary>
[Kept("for good")]
internal sealed class AuditNodeRow : ITenantOwned
{
    [DataClass(DataClass.Internal)]
    public required TenantId TenantId { get; init; }

    /// <summary>It covers 2^level leaves.</summary>
    [DataClass(DataClass.Internal)]
    public required short NodeLevel { get; init; }

    /// <summary>Its number among those of its level, from 0.</summary>
    [DataClass(DataClass.Internal)]
    public required long NodeIndex { get; init; }

    [DataClass(DataClass.Internal)]
    public required byte[] Hash { get; init; }
}

/// <summary>How far a log has come.</summary>
[Kept("for good")]
internal sealed class AuditTreeRow : ITenantOwned
{
    [DataClass(DataClass.Internal)]
    public required TenantId TenantId { get; init; }

    [DataClass(DataClass.Internal)]
    public long Size { get; set; }

    [DataClass(DataClass.Internal)]
    public required byte[] Root { get; set; }

    [DataClass(DataClass.Internal)]
    public DateTimeOffset ChangedAt { get; set; }

    /// <summary>The size that the newest checkpoint speaks of; 0 before the first.</summary>
    [DataClass(DataClass.Internal)]
    public long CheckpointSize { get; set; }

    /// <summary>When that was signed; before the first, when the log began.</summary>
    [DataClass(DataClass.Internal)]
    public DateTimeOffset CheckpointAt { get; set; }
}

/// <summary>A signed statement of how far a log had come.</summary>
[Kept("for good")]
internal sealed class AuditCheckpointRow : ITenantOwned
{
    [DataClass(DataClass.Internal)]
    public required TenantId TenantId { get; init; }

    [DataClass(DataClass.Internal)]
    public required long Size { get; init; }

    [DataClass(DataClass.Public)]
    public required byte[] Root { get; init; }

    [DataClass(DataClass.Internal)]
    public required DateTimeOffset At { get; init; }

    /// <summary>The signed note.</summary>
    [DataClass(DataClass.Public)]
    public required string Note { get; init; }

    /// <summary>When the last of the places outside of the database had taken its copy.</summary>
    [DataClass(DataClass.Internal)]
    public DateTimeOffset? PublishedAt { get; set; }
}
