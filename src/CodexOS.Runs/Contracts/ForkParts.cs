using System.Collections.Immutable;
using System.Text.Json;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Ids;

namespace CodexOS.Runs.Contracts;

/// <summary>
/// Gives a fork what it needs of its own, so that two runs never work on the same thing, for instance a copy of the
/// workspace as it was. Each participant is asked in turn and may change what the one before it gave.
/// </summary>
public interface IForkParticipant
{
    /// <summary>
    /// Makes the fork's own parts. Asked again after a crash with the same <see cref="ForkContext.Fork"/>, and must then
    /// give the same.
    /// </summary>
    Task<Result<ForkParts>> ForkAsync(ForkContext context, ForkParts parts, CancellationToken cancellationToken);
}

/// <summary>Where a run is forked.</summary>
/// <param name="Tenant">The tenant of both runs.</param>
/// <param name="From">The run that is forked.</param>
/// <param name="Fork">The run to be.</param>
/// <param name="Seq">The last event that both share.</param>
/// <param name="KeysCompleted">
/// The idempotency keys of the steps that are complete at that place, newest first: what changed a workspace last is the
/// first of these that its workspace knows.
/// </param>
/// <param name="KeysLater">The keys of the steps that were complete later, oldest first.</param>
public sealed record ForkContext(
    TenantId Tenant, RunId From, RunId Fork, int Seq, ImmutableArray<string> KeysCompleted, ImmutableArray<string> KeysLater);

/// <summary>The parts of a run that a fork has of its own.</summary>
/// <param name="Input">The program's input.</param>
/// <param name="Grant">What it may touch.</param>
/// <param name="Labels">What lists show of it.</param>
public sealed record ForkParts(JsonElement Input, JsonElement Grant, RunLabels Labels);
