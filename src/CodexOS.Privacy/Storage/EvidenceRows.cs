using CodexOS.Platform.Ids;
using CodexOS.Platform.Storage;
using CodexOS.Runs.Contracts;
using CodexOS.Trust.Contracts;

namespace CodexOS.Privacy.Storage;

/// <summary>A bundle of evidence.</summary>
[Kept("for Privacy:EvidenceLifetime, or until somebody deletes it or a person is erased")]
internal sealed class EvidenceBundleRow : ITenantOwned
{
    [DataClass(DataClass.Internal)]
    public required RunId RunId { get; init; }

    [DataClass(DataClass.Internal)]
    public required TenantId TenantId { get; init; }

    [DataClass(DataClass.Internal)]
    public required UserId RequestedBy { get; init; }

    [DataClass(DataClass.Internal)]
    public required DateTimeOffset PeriodFrom { get; init; }

    [DataClass(DataClass.Internal)]
    public required DateTimeOffset PeriodTo { get; init; }

    [DataClass(DataClass.Internal)]
    public required DateTimeOffset CreatedAt { get; init; }

    [DataClass(DataClass.Internal)]
    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>Since when it is whole; null while its run makes it.</summary>
    [DataClass(DataClass.Internal)]
    public DateTimeOffset? ReadyAt { get; set; }

    [DataClass(DataClass.Internal)]
    public long SizeBytes { get; set; }

    [DataClass(DataClass.Internal)]
    public int Files { get; set; }

    [DataClass(DataClass.Internal)]
    public string? Sha256 { get; set; }

    /// <summary>Whose key its parts are under: its own.</summary>
    public UserId Shredder => UserId.From(RunId.Value);
}

/// <summary>A part of a bundle of evidence.</summary>
[Kept("as its bundle")]
internal sealed class EvidencePartRow : ITenantOwned
{
    [DataClass(DataClass.Internal)]
    public required RunId RunId { get; init; }

    [DataClass(DataClass.Internal)]
    public required TenantId TenantId { get; init; }

    /// <summary>Its number, from 0.</summary>
    [DataClass(DataClass.Internal)]
    public required int Number { get; init; }

    /// <summary>Some bytes of the archive, sealed under a key of the bundle's own.</summary>
    [OwnKey(nameof(Shredder))]
    [DataClass(DataClass.Confidential)]
    public Sealed? Content { get; set; }

    /// <summary>Whose key it is under: the bundle's own.</summary>
    public UserId Shredder => UserId.From(RunId.Value);
}
