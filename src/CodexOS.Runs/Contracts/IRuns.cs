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
}

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
    string? IdempotencyKey);
