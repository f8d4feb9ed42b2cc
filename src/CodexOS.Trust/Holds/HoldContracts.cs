using System.ComponentModel.DataAnnotations;
using CodexOS.Platform.Ids;
using CodexOS.Trust.Contracts;

namespace CodexOS.Trust.Holds;

/// <summary>What a legal hold is on.</summary>
public enum HoldKind
{
    /// <summary>The whole tenant.</summary>
    Tenant,

    /// <summary>A person, with the runs that they started.</summary>
    Subject,

    /// <summary>A run.</summary>
    Run,
}

/// <summary>Something that must not be erased or removed until the hold is lifted.</summary>
/// <param name="Id">The hold.</param>
/// <param name="Kind">What it is on.</param>
/// <param name="Target">The id of the person or run; null for the whole tenant.</param>
/// <param name="Reason">Why, for instance the number of a case.</param>
/// <param name="PlacedAt">Since when it is in force.</param>
/// <param name="PlacedBy">Who placed it.</param>
/// <param name="LiftedAt">When it was lifted, if it was.</param>
/// <param name="LiftedBy">Who lifted it.</param>
public sealed record LegalHold(
    LegalHoldId Id, HoldKind Kind, string? Target, string Reason, DateTimeOffset PlacedAt, UserId PlacedBy,
    DateTimeOffset? LiftedAt, UserId? LiftedBy);

/// <summary>A request to keep something from being erased or removed.</summary>
/// <param name="Kind">What it is on.</param>
/// <param name="Reason">Why, for instance the number of a case.</param>
/// <param name="Target">The id of the person or run; nothing for the whole tenant.</param>
public sealed record PlaceHoldRequest(
    [property: Required] HoldKind? Kind,
    [property: Required, StringLength(500, MinimumLength = 1)] string Reason,
    [property: StringLength(64)] string? Target = null);
