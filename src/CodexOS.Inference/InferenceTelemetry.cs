using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace CodexOS.Inference;

/// <summary>
/// The module's traces and metrics, named as the OpenTelemetry conventions for generative AI name them
/// (https://opentelemetry.io/docs/specs/semconv/gen-ai/). Neither ever carries a prompt, an answer or a key.
/// </summary>
internal static class InferenceTelemetry
{
    public const string Name = "CodexOS.Inference";

    public static readonly ActivitySource Source = new(Name);

    private static readonly Meter Meter = new(Name);

    // The bucket boundaries are the ones the conventions ask for.
    private static readonly Histogram<double> Duration = Meter.CreateHistogram(
        "gen_ai.client.operation.duration",
        "s",
        "How long model calls take.",
        advice: new InstrumentAdvice<double>
        {
            HistogramBucketBoundaries =
                [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92],
        });

    private static readonly Histogram<double> FirstChunk = Meter.CreateHistogram(
        "gen_ai.client.operation.time_to_first_chunk",
        "s",
        "How long it takes until the first piece of an answer arrives.",
        advice: new InstrumentAdvice<double>
        {
            HistogramBucketBoundaries =
                [0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0],
        });

    private static readonly Histogram<long> Tokens = Meter.CreateHistogram(
        "gen_ai.client.token.usage",
        "{token}",
        "How many tokens model calls use.",
        advice: new InstrumentAdvice<long>
        {
            HistogramBucketBoundaries =
            [
                1, 4, 16, 64, 256, 1_024, 4_096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216, 67_108_864,
            ],
        });

    private static readonly Counter<long> Cost = Meter.CreateCounter<long>(
        "codexos.inference.cost", "{microUSD}", "What model calls cost, in millionths of a US dollar.");

    private static readonly Counter<long> Retries = Meter.CreateCounter<long>(
        "codexos.inference.retries", "{attempt}", "Model calls that were sent again.");

    public static void Retried(string provider, string code) =>
        Retries.Add(1, new("gen_ai.provider.name", provider), new("error.type", code));

    public static void Spent(string provider, string model, long costMicroUsd) =>
        Cost.Add(costMicroUsd, new("gen_ai.provider.name", provider), new("gen_ai.request.model", model));

    public static void FirstChunkAfter(TimeSpan time, TagList tags) => FirstChunk.Record(time.TotalSeconds, tags);

    public static void Ended(TimeSpan time, TagList tags, string? error, long? tokensIn, long? tokensOut)
    {
        if (error is null)
        {
            RecordTokens(tokensIn, "input", tags);
            RecordTokens(tokensOut, "output", tags);
        }
        else
        {
            tags.Add("error.type", error);
        }

        Duration.Record(time.TotalSeconds, tags);
    }

    private static void RecordTokens(long? count, string type, TagList tags)
    {
        if (count is { } known)
        {
            tags.Add("gen_ai.token.type", type);
            Tokens.Record(known, tags);
        }
    }
}
