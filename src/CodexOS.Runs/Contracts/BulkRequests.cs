using System.ComponentModel.DataAnnotations;

namespace CodexOS.Runs.Contracts;

/// <summary>What is done to many runs.</summary>
public enum BulkOperation
{
    /// <summary>Begin no further step of open runs.</summary>
    Pause,

    /// <summary>Let paused runs go on.</summary>
    Resume,

    /// <summary>End open runs.</summary>
    Cancel,

    /// <summary>Try runs that failed or were cancelled again, from the step that failed.</summary>
    Retry,

    /// <summary>Make open runs go on with another version of what they run, where their kind can.</summary>
    Upgrade,
}

/// <summary>Which runs; what is left out does not narrow the choice, and one of them must be there.</summary>
/// <param name="Status">Only runs in this status.</param>
/// <param name="Kind">Only runs of this program.</param>
/// <param name="Subject">Only runs of this subject, by name.</param>
/// <param name="SubjectVersion">Only runs of this version of their subject.</param>
/// <param name="Title">Only runs whose title contains this text, letter by letter.</param>
/// <param name="CreatedAfter">Only runs that were created at this time or later.</param>
/// <param name="CreatedBefore">Only runs that were created before this time.</param>
/// <param name="Ids">Only these runs, 1,000 at most.</param>
public sealed record BulkFilter(
    RunStatus? Status = null,
    [property: StringLength(100, MinimumLength = 1)] string? Kind = null,
    [property: StringLength(200, MinimumLength = 1)] string? Subject = null,
    [property: Range(1, int.MaxValue)] int? SubjectVersion = null,
    [property: StringLength(160, MinimumLength = 1)] string? Title = null,
    DateTimeOffset? CreatedAfter = null,
    DateTimeOffset? CreatedBefore = null,
    [property: MaxLength(1_000)] IReadOnlyList<RunId>? Ids = null);

/// <summary>A request to do the same to many runs.</summary>
/// <param name="Operation">What.</param>
/// <param name="Filter">To which runs.</param>
/// <param name="Reason">Why, for those who look at the runs later.</param>
/// <param name="ToVersion">With an upgrade: the version to go to, or null for the newest.</param>
/// <param name="DryRun">Whether only to say how many runs there are, and which.</param>
public sealed record BulkRunsRequest(
    [property: Required] BulkOperation? Operation,
    [property: Required] BulkFilter? Filter,
    [property: StringLength(2_000)] string? Reason = null,
    [property: Range(1, int.MaxValue)] int? ToVersion = null,
    bool DryRun = false);

/// <summary>What a bulk operation would be done to.</summary>
/// <param name="Count">How many runs match now.</param>
/// <param name="Ids">The newest of them, 100 at most.</param>
public sealed record BulkPreview(int Count, IReadOnlyList<RunId> Ids);

/// <summary>
/// Knows how runs of one kind go on with another version. Whoever owns the kind registers one, so that many of its runs can
/// be upgraded at once.
/// </summary>
public interface IRunUpgrader
{
    /// <summary>The kind of runs.</summary>
    string Kind { get; }

    /// <summary>What a run of the present tenant is to go on with; the engine checks it and does it.</summary>
    Task<Platform.Faults.Result<RunUpgrade>> PlanAsync(
        RunId run, int? toVersion, string by, CancellationToken cancellationToken);
}
