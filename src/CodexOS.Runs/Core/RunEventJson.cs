using System.Collections.Frozen;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using CodexOS.Platform.Faults;
using CodexOS.Runs.Contracts;

namespace CodexOS.Runs.Core;

/// <summary>
/// How events are written. The number is what the journal stores, the name is what watchers see; both are for ever, so
/// new kinds are added at the end and none is ever changed.
/// </summary>
internal static class RunEventJson
{
    private static readonly (short Number, string Name, Type Type)[] Kinds =
    [
        (0, "run.created", typeof(RunCreated)),
        (1, "run.claimed", typeof(RunClaimed)),
        (2, "step.started", typeof(StepStarted)),
        (3, "step.completed", typeof(StepCompleted)),
        (4, "step.failed", typeof(StepFailed)),
        (5, "step.in_doubt", typeof(StepInDoubt)),
        (6, "step.resolved", typeof(StepResolved)),
        (7, "approval.requested", typeof(ApprovalRequested)),
        (8, "approval.decided", typeof(ApprovalDecided)),
        (9, "timer.started", typeof(TimerStarted)),
        (10, "timer.fired", typeof(TimerFired)),
        (11, "run.cancel_requested", typeof(RunCancelRequested)),
        (12, "run.completed", typeof(RunCompleted)),
        (13, "run.failed", typeof(RunFailed)),
        (14, "run.cancelled", typeof(RunCancelled)),
        (15, "run.paused", typeof(RunPaused)),
        (16, "run.resumed", typeof(RunResumed)),
        (17, "run.steered", typeof(RunSteered)),
        (18, "signal.received", typeof(SignalReceived)),
        (19, "signal.awaited", typeof(SignalAwaited)),
        (20, "signal.delivered", typeof(SignalDelivered)),
        (21, "step.parked", typeof(StepParked)),
        (22, "step.progressed", typeof(StepProgressed)),
        (23, "run.rollback_requested", typeof(RunRollbackRequested)),
        (24, "run.rolled_back", typeof(RunRolledBack)),
        (25, "run.rollback_failed", typeof(RunRollbackFailed)),
        (26, "run.retried", typeof(RunRetried)),
        (27, "run.forked", typeof(RunForked)),
        (28, "run.upgraded", typeof(RunUpgraded)),
        (29, "answer.delivered", typeof(AnswerDelivered)),
    ];

    private static readonly FrozenDictionary<Type, (short Number, JsonTypeInfo Json)> ByType = Kinds.ToFrozenDictionary(
        kind => kind.Type, kind => (kind.Number, RunEventContext.Default.GetTypeInfo(kind.Type)!));

    private static readonly JsonTypeInfo[] ByNumber =
        [.. Kinds.Select(kind => RunEventContext.Default.GetTypeInfo(kind.Type)!)];

    /// <summary>The number of an event's kind.</summary>
    public static short KindOf(RunEvent happened) => ByType[happened.GetType()].Number;

    /// <summary>The name of a kind.</summary>
    public static string NameOf(short kind) => Kinds[kind].Name;

    /// <summary>Whether a kind of event is the last one of its run.</summary>
    public static bool IsTerminal(short kind) => kind is 12 or 13 or 14;

    /// <summary>Writes an event as the JSON that is journaled and shown.</summary>
    public static string Write(RunEvent happened) => JsonSerializer.Serialize(happened, ByType[happened.GetType()].Json);

    /// <summary>Reads an event back.</summary>
    /// <exception cref="JsonException">The payload is damaged.</exception>
    public static RunEvent Read(short kind, string payload)
    {
        if (kind < 0 || kind >= ByNumber.Length)
            throw new JsonException($"The journal holds an event of the unknown kind {kind}: a newer version wrote it.");
        return (RunEvent)(JsonSerializer.Deserialize(payload, ByNumber[kind])
            ?? throw new JsonException("The journal holds an empty event."));
    }
}

/// <summary>The generated serializers of events and of what crosses to the grain.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    Converters =
    [
        typeof(CamelCaseEnum<RepeatClass>), typeof(CamelCaseEnum<InDoubtOutcome>), typeof(CamelCaseEnum<FaultKind>),
        typeof(CamelCaseEnum<FormFieldKind>), typeof(CamelCaseEnum<FormTextFormat>), typeof(CamelCaseEnum<QuestionAction>),
        typeof(FaultJson),
    ])]
[JsonSerializable(typeof(RunCreated))]
[JsonSerializable(typeof(RunClaimed))]
[JsonSerializable(typeof(StepStarted))]
[JsonSerializable(typeof(StepCompleted))]
[JsonSerializable(typeof(StepFailed))]
[JsonSerializable(typeof(StepInDoubt))]
[JsonSerializable(typeof(StepResolved))]
[JsonSerializable(typeof(ApprovalRequested))]
[JsonSerializable(typeof(ApprovalDecided))]
[JsonSerializable(typeof(TimerStarted))]
[JsonSerializable(typeof(TimerFired))]
[JsonSerializable(typeof(RunCancelRequested))]
[JsonSerializable(typeof(RunCompleted))]
[JsonSerializable(typeof(RunFailed))]
[JsonSerializable(typeof(RunCancelled))]
[JsonSerializable(typeof(RunPaused))]
[JsonSerializable(typeof(RunResumed))]
[JsonSerializable(typeof(RunSteered))]
[JsonSerializable(typeof(SignalReceived))]
[JsonSerializable(typeof(SignalAwaited))]
[JsonSerializable(typeof(SignalDelivered))]
[JsonSerializable(typeof(StepParked))]
[JsonSerializable(typeof(StepProgressed))]
[JsonSerializable(typeof(RunRollbackRequested))]
[JsonSerializable(typeof(RunRolledBack))]
[JsonSerializable(typeof(RunRollbackFailed))]
[JsonSerializable(typeof(RunRetried))]
[JsonSerializable(typeof(RunForked))]
[JsonSerializable(typeof(RunUpgraded))]
[JsonSerializable(typeof(AnswerDelivered))]
[JsonSerializable(typeof(RunOpening))]
[JsonSerializable(typeof(RunCommand))]
[JsonSerializable(typeof(Fault))]
internal sealed partial class RunEventContext : JsonSerializerContext;

/// <summary>Writes an enum as a camelCase word.</summary>
internal sealed class CamelCaseEnum<TEnum>()
    : JsonStringEnumConverter<TEnum>(JsonNamingPolicy.CamelCase, allowIntegerValues: false)
    where TEnum : struct, Enum;

/// <summary>Journals what a person and a program need of a fault: code, kind and message.</summary>
internal sealed class FaultJson : JsonConverter<Fault>
{
    public override Fault Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        using var document = JsonDocument.ParseValue(ref reader);
        var fault = document.RootElement;
        return new Fault(
            fault.GetProperty("code").GetString()!,
            Enum.Parse<FaultKind>(fault.GetProperty("kind").GetString()!, ignoreCase: true),
            fault.GetProperty("message").GetString()!);
    }

    public override void Write(Utf8JsonWriter writer, Fault value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        writer.WriteString("code", value.Code);
        writer.WriteString("kind", JsonNamingPolicy.CamelCase.ConvertName(value.Kind.ToString()));
        writer.WriteString("message", value.Message);
        writer.WriteEndObject();
    }
}
