using System.Text.Json;
using CodexOS.Platform.Faults;
using CodexOS.Runs.Contracts;

namespace CodexOS.Runs.Execution;

/// <summary>What is said when a part of a run's journal is missing or cannot be read. Other runs do not notice.</summary>
internal static class JournalDamage
{
    /// <summary>Whether an exception means that.</summary>
    public static bool Is(Exception error) => error is PayloadLostException or JsonException or InvalidDataException;

    /// <summary>The fault.</summary>
    public static Fault Of(RunId run, Exception damage) => new(
        "runs.journal_damaged",
        FaultKind.Internal,
        $"The journal of {run} cannot be read: {damage.Message} Nothing was changed; restore it from a backup.");
}
