using CodexOS.Platform.Ids;
using CodexOS.Platform.Storage;
using CodexOS.Trust.Contracts;
using CodexOS.Trust.Holds;

namespace CodexOS.Trust.Storage;

/// <summary>A legal hold.</summary>
[Kept("for good, lifted ones too")]
internal sealed class LegalHoldRow : ITenantOwned
{
    [DataClass(DataClass.Internal)]
    public required LegalHoldId HoldId { get; init; }

    [DataClass(DataClass.Internal)]
    public required TenantId TenantId { get; init; }

    [DataClass(DataClass.Internal)]
    public required HoldKind Kind { get; init; }

    /// <summary>A printed id; empty for the whole tenant.</summary>
    [DataClass(DataClass.Internal)]
    public required string Target { get; init; }

    [DataClass(DataClass.Confidential)]
    public required string Reason { get; init; }

    [DataClass(DataClass.Internal)]
    public required DateTimeOffset PlacedAt { get; init; }

    [DataClass(DataClass.Internal)]
    public required UserId PlacedBy { get; init; }

    [DataClass(DataClass.Internal)]
    public DateTimeOffset? LiftedAt { get; set; }

    [DataClass(DataClass.Internal)]
    public UserId? LiftedBy { get; set; }
}
