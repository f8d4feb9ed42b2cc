using System.Collections.Immutable;
using CodexOS.Runs.Contracts;

namespace CodexOS.Runs.Bulk;

/// <summary>What a bulk run is to do. Runs that were created after <paramref name="AskedAt"/> are none of its business.</summary>
/// <param name="Operation">What.</param>
/// <param name="Filter">To which runs.</param>
/// <param name="Reason">Why.</param>
/// <param name="ToVersion">With an upgrade: the version to go to.</param>
/// <param name="By">Who asked, as shown to people.</param>
/// <param name="AskedAt">When.</param>
internal sealed record BulkInput(
    BulkOperation Operation, BulkFilter Filter, string? Reason, int? ToVersion, string By, DateTimeOffset AskedAt);

/// <summary>What a bulk run may do.</summary>
/// <param name="Bulk">The operation.</param>
internal sealed record BulkGrant(BulkOperation Bulk);

/// <summary>What a step of a bulk run is asked to do.</summary>
/// <param name="Input">The whole wish.</param>
internal sealed record BulkStep(BulkInput Input)
{
    /// <summary>The effect that performs both stages.</summary>
    public const string Effect = "runs.bulk";

    /// <summary>With a collecting step: the last run of the batch before, or null.</summary>
    public BulkPosition? After { get; init; }

    /// <summary>With an acting step: the number of the batch, from 1. The runs themselves are journaled once, by the
    /// step that collected them.</summary>
    public int? Batch { get; init; }

    /// <summary>With an acting step: how many runs the batches before have.</summary>
    public int Done { get; init; }

    /// <summary>With an acting step: how many runs there are in all.</summary>
    public int Total { get; init; }
}

/// <summary>A place in the list of runs, newest first.</summary>
internal sealed record BulkPosition(DateTimeOffset CreatedAt, RunId Run);

/// <summary>Some of the runs that matched.</summary>
/// <param name="Runs">The runs.</param>
/// <param name="Last">Where the next batch begins, or null if there is none.</param>
internal sealed record BulkBatch(ImmutableArray<RunId> Runs, BulkPosition? Last);

/// <summary>What came of a batch.</summary>
/// <param name="Done">How many runs are now as wished.</param>
/// <param name="Failures">The others.</param>
internal sealed record BulkOutcome(int Done, ImmutableArray<BulkFailure> Failures);

/// <summary>A run that could not be made as wished.</summary>
/// <param name="Run">The run.</param>
/// <param name="Code">Why.</param>
/// <param name="Message">Why, and what to do.</param>
internal sealed record BulkFailure(RunId Run, string Code, string Message);

/// <summary>What a bulk run gives.</summary>
/// <param name="Text">One line for lists.</param>
/// <param name="Matched">How many runs matched.</param>
/// <param name="Done">How many are now as wished.</param>
/// <param name="Failed">How many are not.</param>
/// <param name="Failures">Those that are not, the first 1,000.</param>
internal sealed record BulkOutput(
    string Text, int Matched, int Done, int Failed, ImmutableArray<BulkFailure> Failures);
