using System.Text.Json;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Ids;

namespace CodexOS.Runs.Contracts;

/// <summary>The door of the engine: start runs, and look at them.</summary>
public interface IRuns
{
    /// <summary>
    /// Journals a new run and sets it going. When this returns the run is durable: no crash can lose it. The same
    /// idempotency key by the same tenant returns the run that it started the first time.
    /// </summary>
    Task<Result<Run>> StartAsync(RunStart start, CancellationToken cancellationToken);

    /// <summary>Looks at a run of the present tenant.</summary>
    Task<Result<Run>> GetAsync(RunId id, CancellationToken cancellationToken);

    /// <summary>Makes a run of the present tenant go on with another version, if its program finds that it can.</summary>
    Task<Result<Run>> UpgradeAsync(RunId id, RunUpgrade upgrade, CancellationToken cancellationToken);

    /// <summary>What a run of the present tenant was created with, and what it may touch now.</summary>
    Task<Result<RunCreated>> CreationAsync(RunId id, CancellationToken cancellationToken);

    /// <summary>What has happened in a run of the present tenant and still counts, oldest first.</summary>
    Task<Result<IReadOnlyList<JournaledEvent>>> HistoryAsync(RunId id, CancellationToken cancellationToken);
}

/// <summary>Another version for a run.</summary>
/// <param name="ToVersion">The version.</param>
/// <param name="By">Who asks.</param>
/// <param name="Input">The program's input of that version.</param>
/// <param name="Grant">What the run may touch from here on.</param>
/// <param name="Limits">Its budgets from here on.</param>
/// <param name="DryRun">Whether only to say if it could be done.</param>
public sealed record RunUpgrade(
    int ToVersion, string By, JsonElement Input, JsonElement Grant, RunLimits Limits, bool DryRun);

/// <summary>What is needed to start a run.</summary>
/// <param name="Tenant">Who owns it.</param>
/// <param name="By">Who starts it.</param>
/// <param name="Kind">Which program drives it.</param>
/// <param name="Subject">What it runs, by name.</param>
/// <param name="SubjectVersion">The immutable version of the subject.</param>
/// <param name="Title">One line for lists.</param>
/// <param name="Input">The program's input.</param>
/// <param name="Grant">What the run may touch.</param>
/// <param name="Limits">Its budgets.</param>
/// <param name="Labels">What lists show of it.</param>
/// <param name="IdempotencyKey">The caller's key for this start, at most 200 characters, or null.</param>
public sealed record RunStart(
    TenantId Tenant,
    UserId By,
    string Kind,
    string Subject,
    int SubjectVersion,
    string Title,
    JsonElement Input,
    JsonElement Grant,
    RunLimits Limits,
    RunLabels Labels,
    string? IdempotencyKey)
{
    /// <summary>The step of another run that starts this one, or null.</summary>
    public RunParent? Parent { get; init; }

    /// <summary>Which waiting steps go first, -10 to 10, higher first.</summary>
    public int Priority { get; init; }

    /// <summary>When the run must be over, or null.</summary>
    public DateTimeOffset? Deadline { get; init; }

    /// <summary>The input's label, see <see cref="EffectOutput.Label"/>; null where a person gave the input.</summary>
    public JsonElement? InputLabel { get; init; }
}
