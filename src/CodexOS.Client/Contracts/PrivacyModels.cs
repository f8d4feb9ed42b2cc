using System.Text.Json.Serialization;

namespace CodexOS.Client.Contracts;

/// <summary>An erasure of a person that is done.</summary>
/// <param name="RunId">The run that did it.</param>
/// <param name="Subject">The person who was erased.</param>
/// <param name="RequestedBy">Who asked for it.</param>
/// <param name="At">When it was done.</param>
/// <param name="Receipt">The signed receipt, a C2SP signed note.</param>
/// <param name="VerifierKey">What its signature is checked with; told of a single one.</param>
public sealed record Erasure(
    string RunId, string Subject, string RequestedBy, DateTimeOffset At, string Receipt, string? VerifierKey = null);

/// <summary>What a legal hold is on.</summary>
[JsonConverter(typeof(WordEnumConverter<HoldKind>))]
public enum HoldKind
{
    /// <summary>A kind that this program does not know yet.</summary>
    Unknown,

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
/// <param name="Reason">Why.</param>
/// <param name="PlacedAt">Since when it is in force.</param>
/// <param name="PlacedBy">Who placed it.</param>
/// <param name="LiftedAt">When it was lifted, if it was.</param>
/// <param name="LiftedBy">Who lifted it.</param>
public sealed record LegalHold(
    string Id, HoldKind Kind, string? Target, string Reason, DateTimeOffset PlacedAt, string PlacedBy, DateTimeOffset? LiftedAt,
    string? LiftedBy);

/// <summary>How long a kind of data is kept.</summary>
/// <param name="Kind">Its word.</param>
/// <param name="Summary">What is removed.</param>
/// <param name="Days">How long it is kept, in days; null is for good.</param>
/// <param name="DefaultDays">How long it is kept where the tenant has set nothing; null is for good.</param>
/// <param name="IsSet">Whether the tenant has set it.</param>
/// <param name="DaysLeast">The shortest time that can be set.</param>
/// <param name="DaysMost">The longest time that can be set.</param>
public sealed record RetentionState(
    string Kind, string Summary, int? Days, int? DefaultDays, bool IsSet, int DaysLeast, int DaysMost);

internal sealed record StartSubjectExportBody(string Subject);

internal sealed record StartErasureBody(string Subject, string Confirm, bool DeleteRuns);

internal sealed record PlaceHoldBody(HoldKind Kind, string Reason, string? Target);

internal sealed record SetRetentionBody([property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] int? Days);
