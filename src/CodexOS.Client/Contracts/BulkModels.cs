using System.Text.Json.Serialization;

namespace CodexOS.Client.Contracts;

/// <summary>What is done to many runs.</summary>
[JsonConverter(typeof(WordEnumConverter<BulkOperation>))]
public enum BulkOperation
{
    /// <summary>No operation.</summary>
    Unknown,

    /// <summary>Begin no further step of open runs.</summary>
    Pause,

    /// <summary>Let paused runs go on.</summary>
    Resume,

    /// <summary>End open runs.</summary>
    Cancel,

    /// <summary>Try runs that failed or were cancelled again.</summary>
    Retry,

    /// <summary>Make open runs go on with another version, where their kind can.</summary>
    Upgrade,
}

/// <summary>Which runs; what is null does not narrow the choice, and one of them must be there.</summary>
/// <param name="Status">Only runs in this status.</param>
/// <param name="Kind">Only runs of this program.</param>
/// <param name="Subject">Only runs of this agent, by name.</param>
/// <param name="SubjectVersion">Only runs of this version of it.</param>
/// <param name="Title">Only runs whose title contains this text.</param>
/// <param name="CreatedAfter">Only runs that were created then or later.</param>
/// <param name="CreatedBefore">Only runs that were created before.</param>
/// <param name="Ids">Only these runs, 1,000 at most.</param>
public sealed record BulkFilter(
    RunStatus? Status = null,
    string? Kind = null,
    string? Subject = null,
    int? SubjectVersion = null,
    string? Title = null,
    DateTimeOffset? CreatedAfter = null,
    DateTimeOffset? CreatedBefore = null,
    IReadOnlyList<string>? Ids = null);

/// <summary>What a bulk operation would be done to.</summary>
/// <param name="Count">How many runs match now.</param>
/// <param name="Ids">The newest of them, 100 at most.</param>
public sealed record BulkPreview(int Count, IReadOnlyList<string> Ids);

internal sealed record BulkBody(
    BulkOperation Operation, BulkFilter Filter, string? Reason, int? ToVersion, bool DryRun);
