using System.Text.Json.Serialization;

namespace CodexOS.Client.Contracts;

/// <summary>Where a source is: exactly one of the five, and what of it is taken.</summary>
/// <param name="Folder">A folder of the server.</param>
/// <param name="Web">Single pages.</param>
/// <param name="Sitemap">All pages that a sitemap lists.</param>
/// <param name="Git">A git repository.</param>
/// <param name="S3">A bucket of an S3-compatible store.</param>
/// <param name="Include">Patterns of what alone is taken.</param>
/// <param name="Exclude">Patterns of what is left out.</param>
public sealed record SourcePlace(
    FolderPlace? Folder = null, WebPlace? Web = null, SitemapPlace? Sitemap = null, GitPlace? Git = null, S3Place? S3 = null,
    IReadOnlyList<string>? Include = null, IReadOnlyList<string>? Exclude = null);

/// <summary>A folder of the server.</summary>
/// <param name="Path">Its absolute path.</param>
public sealed record FolderPlace(string Path);

/// <summary>Single pages.</summary>
/// <param name="Pages">Their addresses.</param>
/// <param name="Hosts">Further hosts that pages may lead on to.</param>
/// <param name="Secret">A secret that goes with each request.</param>
/// <param name="PauseMs">How long to wait between two requests to a host, in milliseconds.</param>
public sealed record WebPlace(
    IReadOnlyList<string> Pages, IReadOnlyList<string>? Hosts = null, string? Secret = null, int? PauseMs = null);

/// <summary>All pages that a sitemap lists.</summary>
/// <param name="Url">The address of the sitemap or of an index of sitemaps.</param>
/// <param name="PagesMax">How many pages are taken at most.</param>
/// <param name="Hosts">Further hosts whose pages are taken.</param>
/// <param name="Secret">A secret that goes with each request.</param>
/// <param name="PauseMs">How long to wait between two requests to a host, in milliseconds.</param>
public sealed record SitemapPlace(
    string Url, int? PagesMax = null, IReadOnlyList<string>? Hosts = null, string? Secret = null, int? PauseMs = null);

/// <summary>A git repository.</summary>
/// <param name="Url">Its address.</param>
/// <param name="Branch">The branch or tag; null is the repository's own choice.</param>
/// <param name="Folder">Only what is below this folder.</param>
/// <param name="Secret">A secret that goes with each request.</param>
public sealed record GitPlace(string Url, string? Branch = null, string? Folder = null, string? Secret = null);

/// <summary>A bucket of an S3-compatible store.</summary>
/// <param name="Endpoint">The address of the store.</param>
/// <param name="Bucket">The bucket.</param>
/// <param name="Prefix">Only objects whose keys begin so.</param>
/// <param name="Region">The region that requests are signed for.</param>
/// <param name="AccessKey">The id of the access key.</param>
/// <param name="Secret">The secret that holds the secret access key.</param>
public sealed record S3Place(
    string Endpoint, string Bucket, string? Prefix = null, string? Region = null, string? AccessKey = null,
        string? Secret = null);

/// <summary>When a source is synchronised by itself.</summary>
/// <param name="Cron">Five fields: minute, hour, day, month, day of the week.</param>
/// <param name="TimeZone">The time zone of the expression; UTC if null.</param>
/// <param name="EveryMinutes">How many minutes after a sync began the next begins.</param>
public sealed record SourceSchedule(string? Cron = null, string? TimeZone = null, int? EveryMinutes = null);

/// <summary>A source of a knowledge base.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">Its name.</param>
/// <param name="Kind">What kind of place it is: folder, web, sitemap, git or s3.</param>
/// <param name="Place">Where it is.</param>
/// <param name="Schedule">When it is synchronised by itself.</param>
/// <param name="State">What it does now.</param>
/// <param name="NextAt">When it is synchronised next by itself.</param>
/// <param name="Documents">How many documents of the base come from it.</param>
/// <param name="RunId">The run of its newest sync.</param>
/// <param name="LastResult">What came of the sync that ended last.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="CreatedBy">Who made it.</param>
public sealed record KnowledgeSource(
    string Id, string Name, string Kind, SourcePlace Place, SourceSchedule? Schedule, SourceState State, DateTimeOffset? NextAt,
    long Documents, string? RunId, SyncResult? LastResult, DateTimeOffset CreatedAt, string CreatedBy);

/// <summary>What a source does now.</summary>
[JsonConverter(typeof(WordEnumConverter<SourceState>))]
public enum SourceState
{
    /// <summary>Something that this program does not know yet.</summary>
    Unknown,

    /// <summary>It waits for its time, or for somebody.</summary>
    Idle,

    /// <summary>A sync is under way.</summary>
    Syncing,

    /// <summary>Its schedule rests.</summary>
    Paused,
}

/// <summary>How a sync ended.</summary>
[JsonConverter(typeof(WordEnumConverter<SyncOutcome>))]
public enum SyncOutcome
{
    /// <summary>Something that this program does not know yet.</summary>
    Unknown,

    /// <summary>The base is in step with the source.</summary>
    Completed,

    /// <summary>A limit was reached.</summary>
    Incomplete,

    /// <summary>It failed as a whole.</summary>
    Failed,

    /// <summary>Somebody cancelled it.</summary>
    Cancelled,
}

/// <summary>What came of a sync.</summary>
/// <param name="Outcome">How it ended.</param>
/// <param name="StartedAt">When it began.</param>
/// <param name="EndedAt">When it ended.</param>
/// <param name="Added">How many documents are new.</param>
/// <param name="Changed">How many have another content.</param>
/// <param name="Unchanged">How many are as they were.</param>
/// <param name="Removed">How many are gone from the source, and so from the base.</param>
/// <param name="Failed">How many could not be fetched.</param>
/// <param name="Failures">The first reasons.</param>
/// <param name="FaultCode">Why it failed as a whole, as a stable code.</param>
/// <param name="FaultMessage">Why it failed as a whole, and what to do.</param>
public sealed record SyncResult(
    SyncOutcome Outcome, DateTimeOffset? StartedAt, DateTimeOffset EndedAt, int Added, int Changed, int Unchanged, int Removed,
    int Failed, IReadOnlyList<SyncFailure> Failures, string? FaultCode, string? FaultMessage);

/// <summary>Why something of a source could not be fetched.</summary>
/// <param name="Item">Its address or path; empty where it is about the source itself.</param>
/// <param name="Code">A stable code.</param>
/// <param name="Message">What is wrong and what to do.</param>
public sealed record SyncFailure(string Item, string Code, string Message);

internal sealed record CreateSourceBody(string Name, SourcePlace Place, SourceSchedule? Schedule);

internal sealed record ChangeSourceBody(SourcePlace? Place, SourceSchedule? Schedule);

internal sealed record PauseSourceBody(bool IsPaused);
