using System.ComponentModel.DataAnnotations;
using CodexOS.Identity.Contracts;
using CodexOS.Platform.Ids;

namespace CodexOS.Identity.ApiKeys;

/// <summary>An API key, without the key itself.</summary>
/// <param name="Id">Names it, to revoke it.</param>
/// <param name="Name">What its owner calls it.</param>
/// <param name="Hint">The first characters of the key.</param>
/// <param name="Owner">Whom it acts for: a user or a service account.</param>
/// <param name="OwnerName">How the owner is shown to people.</param>
/// <param name="OwnerKind">What the owner is.</param>
/// <param name="Scopes">What it may do at most, sorted; never more than its owner may at the time.</param>
/// <param name="State">Whether it can be used.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="ExpiresAt">When it ends; once it is replaced, until when it goes on beside its successor.</param>
/// <param name="LastUsedAt">When it was used last, to within an hour or as configured; null if never.</param>
/// <param name="RevokedAt">When it was revoked, if it was.</param>
/// <param name="Replaces">The key in whose place it was made, if it was.</param>
/// <param name="ReplacedBy">The key that was made in its place, if one was.</param>
public sealed record ApiKeySummary(
    ApiKeyId Id, string Name, string Hint, UserId Owner, string OwnerName, SubjectKind OwnerKind,
    IReadOnlyList<string> Scopes, ApiKeyState State, DateTimeOffset CreatedAt, DateTimeOffset ExpiresAt,
    DateTimeOffset? LastUsedAt, DateTimeOffset? RevokedAt, ApiKeyId? Replaces, ApiKeyId? ReplacedBy);

/// <summary>Whether a key can be used.</summary>
public enum ApiKeyState
{
    /// <summary>It can.</summary>
    Active,

    /// <summary>Its time is over.</summary>
    Expired,

    /// <summary>Somebody revoked it.</summary>
    Revoked,
}

/// <summary>A key that was made just now.</summary>
/// <param name="Key">The key. It is shown this once; nobody can show it again.</param>
/// <param name="ApiKey">What is known of it.</param>
public sealed record CreatedApiKey(string Key, ApiKeySummary ApiKey);

/// <summary>A key to make.</summary>
public sealed record CreateApiKeyRequest
{
    /// <summary>What to call it, for instance after the program that will use it.</summary>
    [Required(ErrorMessage = "Give the key a name.")]
    [StringLength(100, MinimumLength = 1, ErrorMessage = "A name has 1 to 100 characters.")]
    public string Name { get; init; } = "";

    /// <summary>What it may do, of what its owner may; everything its owner may at this time if left out.</summary>
    [MaxLength(100, ErrorMessage = "A key has at most 100 scopes.")]
    public IReadOnlyList<string>? Scopes { get; init; }

    /// <summary>In how many days it ends; as configured if left out, which is 90 unless changed.</summary>
    [Range(1, 3_650, ErrorMessage = "A key lasts 1 to 3650 days.")]
    public int? ExpiresInDays { get; init; }
}

/// <summary>How to replace a key.</summary>
public sealed record RotateApiKeyRequest
{
    /// <summary>The longest overlap: 30 days.</summary>
    public const int OverlapSecondsMax = 30 * 24 * 3_600;

    /// <summary>
    /// For how many seconds the old key goes on beside the new one, but never longer than it would have; a day if left out. 0
    /// ends it at once.
    /// </summary>
    [Range(0, OverlapSecondsMax, ErrorMessage = "The old key goes on for 0 to 2592000 seconds, which are 30 days.")]
    public int OverlapSeconds { get; init; } = 24 * 3_600;
}
