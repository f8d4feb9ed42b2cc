using System.Net;
using System.Net.Sockets;
using CodexOS.Platform.Faults;
using CodexOS.Testing;
using CodexOS.Testing.OpenAi;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Inference;

public sealed class OpenAiFailureTests : IAsyncLifetime
{
    private const string Key = "sk-secret-9876543210";
    private const string Model = "openai:gpt-4o-mini";

    private OpenAiServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await OpenAiServer.StartAsync(Key);

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Theory]
    [InlineData(403, null, "x", "inference.bad_key", 1)]
    [InlineData(404, "model_not_found", "x", "inference.unknown_model", 1)]
    [InlineData(400, "context_length_exceeded", "x", "inference.context_too_long", 1)]
    [InlineData(400, null, "This model's maximum context length is 8192 tokens.", "inference.context_too_long", 1)]
    [InlineData(413, null, "x", "inference.context_too_long", 1)]
    [InlineData(400, "content_filter", "x", "inference.content_filtered", 1)]
    [InlineData(400, null, "Unsupported parameter: 'temperature'.", "inference.request_refused", 1)]
    [InlineData(307, null, "x", "inference.garbage_answer", 1)]
    [InlineData(429, "insufficient_quota", "x", "inference.quota_used_up", 1)]
    [InlineData(429, null, "x", "inference.rate_limited", 3)]
    [InlineData(408, null, "x", "inference.timeout", 3)]
    [InlineData(500, null, "x", "inference.endpoint_failed", 3)]
    [InlineData(503, null, "x", "inference.endpoint_failed", 3)]
    public async Task Every_refusal_has_its_fault_and_only_passing_ones_are_tried_again(
        int status, string? code, string message, string fault, int attempts)
    {
        using var models = Models(("Calls:AttemptsMax", "3"));
        _server.Otherwise(_ => new OpenAiAnswer.Fails(status, code, message));

        var found = await models.FaultAsync(ModelHost.Ask(Model));

        found.Code.ShouldBe(fault);
        found.Message.ShouldNotContain(Key);
        _server.Requests.Count.ShouldBe(attempts);
    }

    [Fact]
    public async Task A_wrong_key_is_named_as_the_cause_and_shown_nowhere()
    {
        const string wrong = "sk-wrong-1122334455";
        using var models = Models(("OpenAI:ApiKey", wrong));

        var fault = await models.FaultAsync(ModelHost.Ask(Model));

        fault.Code.ShouldBe("inference.bad_key");
        fault.Kind.ShouldBe(FaultKind.Unavailable);
        fault.Message.ShouldContain("Inference:OpenAI:ApiKeyFile");
        fault.Message.ShouldNotContain(wrong);
        models.Logged.ShouldContain("inference.bad_key");
        models.Logged.ShouldNotContain(wrong);
    }

    [Fact]
    public async Task A_key_that_an_endpoint_quotes_is_blotted_out()
    {
        using var models = Models();
        _server.Then(new OpenAiAnswer.Fails(400, null, $"Your key {Key} is fine but the request is not."));

        var fault = await models.FaultAsync(ModelHost.Ask(Model));

        fault.Message.ShouldContain("Your key *** is fine");
        models.Logged.ShouldNotContain(Key);
    }

    [Fact]
    public async Task A_request_that_failed_in_passing_is_sent_again_and_succeeds()
    {
        using var models = Models();
        _server.Then(
            new OpenAiAnswer.Fails(503),
            new OpenAiAnswer.Fails(429) { RetryAfter = "0" },
            new OpenAiAnswer.Says("At last."));

        (await models.ReplyAsync(ModelHost.Ask(Model))).Reply.Text.ShouldBe("At last.");
        _server.Requests.Count.ShouldBe(3);
    }

    [Fact]
    public async Task An_endpoint_that_asks_for_a_long_pause_is_not_asked_again()
    {
        using var models = Models(("Calls:RetryDelayMax", "00:00:05"));
        _server.Then(new OpenAiAnswer.Fails(429) { RetryAfter = "3600" });

        var fault = await models.FaultAsync(ModelHost.Ask(Model));

        fault.Code.ShouldBe("inference.rate_limited");
        fault.RetryAfter.ShouldBe(TimeSpan.FromHours(1));
        _server.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_closed_port_is_an_endpoint_that_is_down()
    {
        using var models = Models(
            ("OpenAI:BaseUrl", $"http://127.0.0.1:{ClosedPort()}/v1"), ("Calls:AttemptsMax", "2"));

        var fault = await models.FaultAsync(ModelHost.Ask(Model));

        fault.Code.ShouldBe("inference.endpoint_down");
        fault.Message.ShouldContain("Inference:OpenAI:BaseUrl");
    }

    [Fact]
    public async Task An_endpoint_that_hangs_is_given_up_after_the_longest_silence()
    {
        using var models = Models(("Calls:SilenceMax", "00:00:01"));
        _server.Then(new OpenAiAnswer.Hangs());

        var fault = await models.FaultAsync(ModelHost.Ask(Model));

        fault.Code.ShouldBe("inference.timeout");
        fault.Message.ShouldContain("Inference:Calls:SilenceMax");
        _server.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task An_answer_that_falls_silent_is_given_up_and_its_text_was_seen()
    {
        var clock = Clocks.AtNoon();
        using var models = new ModelHost(
            clock, ("OpenAI:BaseUrl", _server.BaseUrl.ToString()), ("OpenAI:ApiKey", Key));
        _server.Then(new OpenAiAnswer.FallsSilentAfter("So far"));
        var seen = "";
        var both = new TaskCompletionSource();

        var call = models.PerformAsync(ModelHost.Ask(Model), text =>
        {
            seen += text;
            if (seen == "So far")
            {
                both.SetResult();
            }
        });
        await both.Task;
        while (!call.IsCompleted)
        {
            clock.Advance(TimeSpan.FromMinutes(1));
            await Task.Yield();
        }

        (await call).Fault.Code.ShouldBe("inference.timeout");
        seen.ShouldBe("So far");
    }

    [Fact]
    public async Task A_call_is_given_up_when_its_whole_time_is_over_although_pieces_keep_coming()
    {
        using var models = Models(
            ("Calls:TotalTimeMax", "00:00:02"),
            ("Calls:AnswerLengthMax", "10000000"),
            ("Calls:AnswerBytesMax", "1000000000"));
        _server.Then(new OpenAiAnswer.Trickles(TimeSpan.FromMilliseconds(50)));

        var fault = await models.FaultAsync(ModelHost.Ask(Model));

        fault.Code.ShouldBe("inference.timeout");
        fault.Message.ShouldContain("Inference:Calls:TotalTimeMax");
    }

    [Theory]
    [InlineData("text/html", "<html>It works!</html>")]
    [InlineData("application/json", "{\"hello\":\"world\"}")]
    [InlineData("text/event-stream", "data: {not json\n\n")]
    [InlineData("text/event-stream", "data: [DONE]\n\n")]
    [InlineData("text/event-stream", "data: {\"choices\":\"none\"}\n\n")]
    [InlineData("text/event-stream", "")]
    public async Task Garbage_is_called_garbage(string type, string body)
    {
        using var models = Models();
        _server.Then(new OpenAiAnswer.Sends(type, body));

        var fault = await models.FaultAsync(ModelHost.Ask(Model));

        fault.Code.ShouldBe("inference.garbage_answer");
        fault.Message.ShouldContain("Inference:OpenAI:BaseUrl");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_answer_that_breaks_off_is_not_taken_for_a_whole_one(bool inGoodOrder)
    {
        using var models = Models();
        var seen = new TaskCompletionSource();
        _server.Then(new OpenAiAnswer.BreaksOffAfter("Half", inGoodOrder) { When = seen.Task });

        var result = await models.PerformAsync(ModelHost.Ask(Model), _ => seen.TrySetResult());

        result.Fault.Code.ShouldBe("inference.answer_cut");
        _server.Requests.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData("Calls:AnswerLengthMax", "9000")]
    [InlineData("Calls:AnswerBytesMax", "20000")]
    public async Task An_answer_without_end_is_cut_off_at_its_limit(string limit, string value)
    {
        using var models = Models((limit, value));
        _server.Then(new OpenAiAnswer.NeverStops());

        var fault = await models.FaultAsync(ModelHost.Ask(Model));

        fault.Code.ShouldBe("inference.answer_too_long");
        fault.Message.ShouldContain(limit);
    }

    [Fact]
    public async Task A_request_that_is_too_large_is_never_sent()
    {
        using var models = Models(("Calls:RequestBytesMax", "1000"));

        (await models.FaultAsync(ModelHost.Ask(Model, new string('x', 1001)))).Code
            .ShouldBe("inference.request_too_large");
        _server.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task An_endpoint_that_keeps_failing_is_left_alone_for_a_while()
    {
        using var models = Models(("Calls:AttemptsMax", "1"), ("Calls:BreakerFailuresMax", "2"));
        _server.Otherwise(_ => new OpenAiAnswer.Fails(500));

        await models.FaultAsync(ModelHost.Ask(Model));
        await models.FaultAsync(ModelHost.Ask(Model));
        var third = await models.FaultAsync(ModelHost.Ask(Model));

        third.Code.ShouldBe("inference.endpoint_resting");
        third.RetryAfter.ShouldNotBeNull();
        _server.Requests.Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_cancelled_call_ends_at_once_and_is_no_fault()
    {
        using var models = Models();
        using var cancelled = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        _server.Then(new OpenAiAnswer.FallsSilentAfter("Wait"));

        var call = ModelHost.Call(ModelHost.Ask(Model)) with { OnDelta = _ => cancelled.Cancel() };

        await Should.ThrowAsync<OperationCanceledException>(() => models.Handler.PerformAsync(call, cancelled.Token));
    }

    [Fact]
    public async Task A_key_file_that_is_missing_is_named()
    {
        using var models = Models(("OpenAI:ApiKeyFile", "/nowhere/key"));

        var fault = await models.FaultAsync(ModelHost.Ask(Model));

        fault.Code.ShouldBe("inference.not_configured");
        fault.Message.ShouldContain("/nowhere/key");
    }

    private ModelHost Models(params (string, string?)[] settings) =>
        new([("OpenAI:BaseUrl", _server.BaseUrl.ToString()), ("OpenAI:ApiKey", Key), .. settings]);

    private static int ClosedPort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
