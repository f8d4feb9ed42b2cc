using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using CodexOS.Testing.OpenAi;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Inference;

public sealed class ModelTelemetryTests
{
    private const string Source = "CodexOS.Inference";

    [Fact]
    public async Task A_call_is_traced_and_measured_without_what_is_said()
    {
        await using var server = await OpenAiServer.StartAsync();
        server.Then(new OpenAiAnswer.Says("The answer is a secret."), new OpenAiAnswer.Fails(404));
        using var models = new ModelHost(("Compatible:traced:BaseUrl", server.BaseUrl.ToString()));
        var spans = new ConcurrentQueue<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == Source,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = activity =>
            {
                if (activity.GetTagItem("gen_ai.provider.name") is "traced")
                {
                    spans.Enqueue(activity);
                }
            },
        };
        ActivitySource.AddActivityListener(listener);
        var measured = new ConcurrentQueue<(string Name, double Value, string Tags)>();
        using var meters = Meters(measured);

        await models.ReplyAsync(ModelHost.Ask("traced:m", "A question that is a secret."));
        await models.FaultAsync(ModelHost.Ask("traced:m", "A question that is a secret."));

        var (good, bad) = (spans.First(), spans.Last());
        good.DisplayName.ShouldBe("chat m");
        good.Kind.ShouldBe(ActivityKind.Client);
        good.GetTagItem("gen_ai.operation.name").ShouldBe("chat");
        good.GetTagItem("gen_ai.usage.input_tokens").ShouldBe(100L);
        good.GetTagItem("gen_ai.usage.output_tokens").ShouldBe(20L);
        good.GetTagItem("server.port").ShouldBe(server.BaseUrl.Port);
        bad.GetTagItem("error.type").ShouldBe("inference.unknown_model");
        bad.Status.ShouldBe(ActivityStatusCode.Error);
        measured.Count(one => one.Name == "gen_ai.client.operation.duration").ShouldBe(2);
        measured.Where(one => one.Name == "gen_ai.client.token.usage").Select(one => one.Value).ShouldBe([100, 20]);
        spans.SelectMany(span => span.TagObjects).Select(tag => $"{tag.Value}")
            .Concat(measured.Select(one => one.Tags))
            .ShouldAllBe(text => !text.Contains("secret"));
    }

    private static MeterListener Meters(ConcurrentQueue<(string Name, double Value, string Tags)> measured)
    {
        var meters = new MeterListener
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Meter.Name == Source)
                {
                    self.EnableMeasurementEvents(instrument);
                }
            },
        };
        meters.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Keep(instrument, value, tags));
        meters.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Keep(instrument, value, tags));
        meters.Start();
        return meters;

        void Keep(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            var text = string.Join(' ', tags.ToArray().Select(tag => $"{tag.Key}={tag.Value}"));
            if (text.Contains("gen_ai.provider.name=traced", StringComparison.Ordinal))
            {
                measured.Enqueue((instrument.Name, value, text));
            }
        }
    }
}
