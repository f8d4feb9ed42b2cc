using System.Collections.Immutable;
using CodexOS.Runs.Contracts;

namespace CodexOS.Runs.Retention;

/// <summary>What a retention run is to do. The times are its own, so that it comes to an end.</summary>
/// <param name="ArchiveEndedBefore">Archive runs that ended before; null for none.</param>
/// <param name="DeleteEndedBefore">Delete archived runs that ended before; null for none.</param>
/// <param name="KeysBefore">Forget idempotency keys from before.</param>
internal sealed record RetentionInput(
    DateTimeOffset? ArchiveEndedBefore, DateTimeOffset? DeleteEndedBefore, DateTimeOffset KeysBefore)
{
    /// <summary>Remove what other modules have from before, by its word.</summary>
    public ImmutableSortedDictionary<string, DateTimeOffset> OthersBefore { get; init; } =
        ImmutableSortedDictionary.Create<string, DateTimeOffset>(StringComparer.Ordinal);
}

/// <summary>What a retention run may do.</summary>
/// <param name="Retention">Always true; nothing else has a grant like this.</param>
internal sealed record RetentionGrant(bool Retention);

/// <summary>What a step of retention is asked to do.</summary>
/// <param name="Stage">Which stage.</param>
/// <param name="Before">See <see cref="RetentionInput"/>.</param>
/// <param name="DoneBefore">How many the steps before have done.</param>
internal sealed record RetentionStep(RetentionStage Stage, DateTimeOffset Before, int DoneBefore)
{
    /// <summary>The effect that performs all stages.</summary>
    public const string Effect = "runs.retention";

    /// <summary>Where the step before left off, or null at the beginning of the stage.</summary>
    public RetentionPosition? After { get; init; }

    /// <summary>See <see cref="RetentionInput.OthersBefore"/>; of the stage that removes those only.</summary>
    public ImmutableSortedDictionary<string, DateTimeOffset>? OthersBefore { get; init; }
}

/// <summary>A place in the list of runs that ended, oldest first.</summary>
internal sealed record RetentionPosition(DateTimeOffset EndedAt, RunId Run);

/// <summary>The stages of retention.</summary>
internal enum RetentionStage
{
    /// <summary>Move the events of some runs into compressed files.</summary>
    Archive,

    /// <summary>Delete some archived runs.</summary>
    Delete,

    /// <summary>Forget keys.</summary>
    Keys,

    /// <summary>Remove blobs that no run names any more.</summary>
    Blobs,

    /// <summary>Give room back: make and drop partitions on PostgreSQL, free pages on SQLite.</summary>
    Room,

    /// <summary>Remove what other modules keep for a limited time.</summary>
    Others,
}

/// <summary>What came of a step.</summary>
/// <param name="Done">How many runs, keys, blobs or parts.</param>
/// <param name="Skipped">How many were left as they are, because something about them is damaged.</param>
/// <param name="More">Whether the same is to be done again.</param>
internal sealed record RetentionOutcome(int Done, int Skipped, bool More)
{
    /// <summary>Where to go on, if it is to be done again.</summary>
    public RetentionPosition? Last { get; init; }
}

/// <summary>What a retention run gives.</summary>
/// <param name="Text">One line for lists.</param>
/// <param name="Archived">How many runs were archived.</param>
/// <param name="Deleted">How many were deleted.</param>
/// <param name="Keys">How many keys were forgotten.</param>
/// <param name="Blobs">How many blobs were removed.</param>
/// <param name="Others">How many things of other modules were removed.</param>
/// <param name="Skipped">How many runs were left as they are, because something about them is damaged.</param>
internal sealed record RetentionOutput(string Text, int Archived, int Deleted, int Keys, int Blobs, int Others, int Skipped);
