using System.Text.Json;

namespace CodexOS.Runs.Contracts;

/// <summary>An event as the API shows it.</summary>
/// <param name="Seq">Its place in the run's journal, from 0, without gaps.</param>
/// <param name="Kind">What happened, for instance <c>step.completed</c>.</param>
/// <param name="At">When.</param>
/// <param name="Data">The details, by kind.</param>
public sealed record RunEventView(int Seq, string Kind, DateTimeOffset At, JsonElement Data);

/// <summary>Events in the order in which they happened.</summary>
/// <param name="Items">The events.</param>
/// <param name="NextAfter">Pass this as <c>after</c> to read on; null at the present end of the journal.</param>
public sealed record RunEventPage(IReadOnlyList<RunEventView> Items, int? NextAfter);
