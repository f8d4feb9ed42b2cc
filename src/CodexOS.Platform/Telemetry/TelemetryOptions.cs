using System.ComponentModel.DataAnnotations;

namespace CodexOS.Platform.Telemetry;

/// <summary>What the server tells about itself, and to whom.</summary>
public sealed class TelemetryOptions
{
    /// <summary>The section these options are read from.</summary>
    public const string Section = "Telemetry";

    /// <summary>
    /// Where to send traces, metrics and logs by OTLP, for instance <c>http://127.0.0.1:4317</c>. Nothing is sent anywhere
    /// if it is not set.
    /// </summary>
    [RegularExpression(@"^https?://\S+$", ErrorMessage = "Telemetry:OtlpEndpoint must look like http://127.0.0.1:4317.")]
    public string? OtlpEndpoint { get; set; }

    /// <summary>The share of traces that are sent, from 0 to 1.</summary>
    [Range(0.0, 1.0)]
    public double TracesRatio { get; set; } = 1.0;

    /// <summary>
    /// How log lines are written: <c>json</c> (one ECS object a line), <c>text</c>, or <c>auto</c>: text at a terminal and
    /// JSON elsewhere.
    /// </summary>
    [Required, RegularExpression("^(auto|json|text)$", ErrorMessage = "Telemetry:LogFormat must be auto, json or text.")]
    public string LogFormat { get; set; } = "auto";

    /// <summary>
    /// Whether <c>/metrics</c> answers anybody. Otherwise it answers this machine itself, and callers with the permission
    /// <c>system:read</c>.
    /// </summary>
    public bool MetricsOpen { get; set; }

    /// <summary>
    /// How many lines a minute the log has about refused requests, of each kind: for their input, for who makes them, for how
    /// often they ask. Further ones are counted, in <c>codexos.http.refusals</c> and in one line when the minute is over.
    /// </summary>
    [Range(1, 100_000)]
    public int RefusalsPerMinuteMax { get; set; } = 300;
}
