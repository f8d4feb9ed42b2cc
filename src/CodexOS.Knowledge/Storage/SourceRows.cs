using CodexOS.Knowledge.Contracts;
using CodexOS.Knowledge.Sources;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Storage;
using CodexOS.Runs.Contracts;

namespace CodexOS.Knowledge.Storage;

/// <summary>A place that a knowledge base is kept in step with.</summary>
[Kept("until the source or its knowledge base is deleted")]
internal sealed class SourceRow : ITenantOwned
{
    [DataClass(DataClass.Internal)]
    public required SourceId SourceId { get; init; }

    [DataClass(DataClass.Internal)]
    public required TenantId TenantId { get; init; }

    [DataClass(DataClass.Internal)]
    public required KnowledgeBaseId BaseId { get; init; }

    /// <summary>How addresses name it, and what the names of its documents begin with; one of a kind in the base.</summary>
    [DataClass(DataClass.Internal)]
    public required string Name { get; init; }

    [DataClass(DataClass.Internal)]
    public required SourceKind Kind { get; init; }

    /// <summary>Where it is, as JSON of <see cref="SourcePlace"/>.</summary>
    [DataClass(DataClass.Confidential)]
    public required string Place { get; set; }

    /// <summary>When it is synchronised by itself, as JSON of <see cref="SourceSchedule"/>; null is never.</summary>
    [DataClass(DataClass.Internal)]
    public string? Schedule { get; set; }

    [DataClass(DataClass.Internal)]
    public bool IsPaused { get; set; }

    /// <summary>When it is synchronised next; null is not by itself.</summary>
    [DataClass(DataClass.Internal)]
    public DateTimeOffset? NextAt { get; set; }

    /// <summary>Counts syncs. Whoever raises it starts the next one, and what an earlier one still does is refused.</summary>
    [DataClass(DataClass.Internal)]
    public long Round { get; set; }

    /// <summary>Whether the sync of this round has not been seen to end.</summary>
    [DataClass(DataClass.Internal)]
    public bool IsSyncing { get; set; }

    /// <summary>The run of this round; null until it is started.</summary>
    [DataClass(DataClass.Internal)]
    public RunId? RunId { get; set; }

    [DataClass(DataClass.Internal)]
    public DateTimeOffset? StartedAt { get; set; }

    /// <summary>When the sync before, or this one, ended.</summary>
    [DataClass(DataClass.Internal)]
    public DateTimeOffset? EndedAt { get; set; }

    /// <summary>What came of the sync that ended last, as JSON of <see cref="SyncResult"/>.</summary>
    [DataClass(DataClass.Confidential)]
    public string? Result { get; set; }

    [DataClass(DataClass.Internal)]
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>On whose behalf scheduled syncs work.</summary>
    [DataClass(DataClass.Internal)]
    public required UserId CreatedBy { get; init; }
}

/// <summary>Something that a source holds: what it was when it was read last, and what the newest sync did with it.</summary>
[Kept("until the source no longer holds it, or the source or its knowledge base is deleted")]
internal sealed class SourceItemRow : ITenantOwned
{
    [DataClass(DataClass.Internal)]
    public required SourceId SourceId { get; init; }

    [DataClass(DataClass.Internal)]
    public required TenantId TenantId { get; init; }

    /// <summary>Its address or its path in the source.</summary>
    [DataClass(DataClass.Confidential)]
    public required string ItemKey { get; init; }

    /// <summary>What its content is recognised by that the document has: a tag, a hash, or a size and a time.</summary>
    [DataClass(DataClass.Internal)]
    public string? Mark { get; set; }

    /// <summary>The same as the newest sync found it in the list; null where lists do not say.</summary>
    [DataClass(DataClass.Internal)]
    public string? ListedMark { get; set; }

    /// <summary>In which round it was listed last.</summary>
    [DataClass(DataClass.Internal)]
    public required long SeenRound { get; set; }

    [DataClass(DataClass.Internal)]
    public required ItemOutcome Outcome { get; set; }

    [DataClass(DataClass.Internal)]
    public DocumentId? DocumentId { get; set; }

    [DataClass(DataClass.Internal)]
    public string? FaultCode { get; set; }

    [DataClass(DataClass.Internal)]
    public string? FaultMessage { get; set; }
}
