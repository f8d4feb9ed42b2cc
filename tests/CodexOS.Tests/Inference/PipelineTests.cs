using System.Runtime.CompilerServices;
using CodexOS.Inference;
using CodexOS.Inference.Pipeline;
using CodexOS.Platform.Faults;
using CodexOS.Testing;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Inference;

public sealed class PipelineTests
{
    private static readonly ModelCallException Passing = Failure(isPassing: true);

    private readonly FakeTimeProvider _clock = Clocks.AtNoon();
    private readonly CallOptions _limits = new();

    [Theory]
    [InlineData(1, 0.0, 250)]
    [InlineData(1, 1.0, 500)]
    [InlineData(2, 1.0, 1_000)]
    [InlineData(3, 0.5, 1_500)]
    public void Pauses_double_and_spread_between_half_and_whole(int attempt, double random, int expectedMs)
    {
        Rule(random).PauseAfter(Passing, attempt).ShouldBe(TimeSpan.FromMilliseconds(expectedMs));
    }

    [Fact]
    public void No_pause_is_longer_than_the_longest()
    {
        _limits.AttemptsMax = 100;
        Rule(random: 1).PauseAfter(Passing, 50).ShouldBe(_limits.RetryDelayMax);
    }

    [Fact]
    public void The_endpoint_s_own_wish_comes_first_unless_it_is_too_long()
    {
        var rule = Rule();
        rule.PauseAfter(Failure(true, TimeSpan.FromSeconds(7)), 1).ShouldBe(TimeSpan.FromSeconds(7));
        rule.PauseAfter(Failure(true, TimeSpan.FromMinutes(7)), 1).ShouldBeNull();
    }

    [Fact]
    public void The_last_attempt_and_a_lasting_failure_are_final()
    {
        var rule = Rule();
        rule.PauseAfter(Passing, _limits.AttemptsMax).ShouldBeNull();
        rule.PauseAfter(Failure(isPassing: false), 1).ShouldBeNull();
    }

    [Fact]
    public async Task A_passing_failure_is_tried_again_only_when_the_pause_is_over()
    {
        var client = new FakeClient(Passing, "late", " but there");
        using var retry = Retry(client, random: 1);

        var answer = ReadAsync(retry);
        client.Calls.ShouldBe(1);
        answer.IsCompleted.ShouldBeFalse();
        _clock.Advance(TimeSpan.FromMilliseconds(500));

        (await answer).ShouldBe("late but there");
        client.Calls.ShouldBe(2);
    }

    [Fact]
    public async Task Nothing_is_tried_again_once_a_piece_has_arrived()
    {
        var client = new FakeClient("Half", Passing, "never");
        using var retry = Retry(client);

        await Should.ThrowAsync<ModelCallException>(() => ReadAsync(retry));
        client.Calls.ShouldBe(1);
    }

    [Fact]
    public async Task Silence_counts_anew_after_every_piece()
    {
        var client = new FakeClient("a", FakeClient.Wait, "b", FakeClient.Wait);
        using var silence = new SilenceTimeoutChatClient(client, TimeSpan.FromSeconds(10), _clock);

        var answer = ReadAsync(silence);
        _clock.Advance(TimeSpan.FromSeconds(9));
        client.GoOn();
        _clock.Advance(TimeSpan.FromSeconds(9));
        answer.IsCompleted.ShouldBeFalse();
        _clock.Advance(TimeSpan.FromSeconds(2));

        (await Should.ThrowAsync<ModelCallException>(() => answer)).Fault.Code.ShouldBe("inference.timeout");
    }

    [Fact]
    public async Task The_whole_time_counts_although_pieces_arrive()
    {
        var client = new FakeClient("a", FakeClient.Wait, "b", FakeClient.Wait);
        using var total = new TotalTimeoutChatClient(client, TimeSpan.FromSeconds(10), _clock);

        var answer = ReadAsync(total);
        _clock.Advance(TimeSpan.FromSeconds(6));
        client.GoOn();
        _clock.Advance(TimeSpan.FromSeconds(6));

        (await Should.ThrowAsync<ModelCallException>(() => answer)).Fault.Message.ShouldContain("TotalTimeMax");
    }

    [Fact]
    public async Task The_breaker_opens_after_failures_in_a_row_and_lets_one_call_try()
    {
        var unwell = new ModelCallException(Passing.Fault) { IsEndpointUnwell = true };
        var breaker = new CircuitBreaker("test", failuresMax: 2, TimeSpan.FromSeconds(30), _clock);
        for (var i = 0; i < 2; i++)
        {
            await Should.ThrowAsync<ModelCallException>(
                () => ReadAsync(new BreakerChatClient(new FakeClient(unwell), breaker)));
        }

        breaker.Enter()!.Code.ShouldBe("inference.endpoint_resting");
        _clock.Advance(TimeSpan.FromSeconds(31));
        breaker.Enter().ShouldBeNull();
        breaker.Enter().ShouldNotBeNull("only one call tries");
        breaker.Succeeded();
        breaker.Enter().ShouldBeNull();
    }

    [Fact]
    public async Task A_refused_request_does_not_open_the_breaker()
    {
        var breaker = new CircuitBreaker("test", failuresMax: 1, TimeSpan.FromSeconds(30), _clock);
        await Should.ThrowAsync<ModelCallException>(
            () => ReadAsync(new BreakerChatClient(new FakeClient(Failure(isPassing: false)), breaker)));
        breaker.Enter().ShouldBeNull();
    }

    [Theory]
    [InlineData(4000, 999, true)]
    [InlineData(1000, 1_000_000, true)]
    [InlineData(4001, 1_000_000, false)]
    public async Task Requests_are_bound_by_bytes_and_by_tokens(int sizeBytesMax, int tokensMax, bool tooLarge)
    {
        var limits = new CallOptions { RequestBytesMax = sizeBytesMax, RequestTokensMax = tokensMax };
        using var bound = new LimitsChatClient(new FakeClient("ok"), limits);

        var answer = ReadAsync(bound, new string('x', 4000));

        if (tooLarge)
        {
            var failure = await Should.ThrowAsync<ModelCallException>(() => answer);
            failure.Fault.Code.ShouldBe("inference.request_too_large");
        }
        else
        {
            (await answer).ShouldBe("ok");
        }
    }

    private RetryChatClient Retry(IChatClient client, double random = 0) =>
        new(client, "test", Rule(random), _clock, NullLogger.Instance);

    private RetryRule Rule(double random = 0) => new(_limits, () => random);

    private static ModelCallException Failure(bool isPassing, TimeSpan? retryAfter = null) =>
        new(new Fault("inference.test", FaultKind.Upstream, "It failed.") { RetryAfter = retryAfter })
        {
            IsPassing = isPassing,
        };

    private static async Task<string> ReadAsync(IChatClient client, string text = "Hello")
    {
        var answer = "";
        await foreach (var update in client.GetStreamingResponseAsync(
            [new ChatMessage(ChatRole.User, text)], null, TestContext.Current.CancellationToken))
        {
            answer += update.Text;
        }

        return answer;
    }

    /// <summary>
    /// Plays its parts in order across calls: a text is a piece, an exception ends the call, a wait waits.
    /// </summary>
    private sealed class FakeClient(params object[] parts) : IChatClient
    {
        public static readonly object Wait = new();

        private readonly Queue<object> _parts = new(parts);
        private TaskCompletionSource _goOn = new();

        public int Calls { get; private set; }

        public void GoOn() => Interlocked.Exchange(ref _goOn, new TaskCompletionSource()).SetResult();

        public Task<ChatResponse> GetResponseAsync(
            IEnumerable<ChatMessage> messages,
            ChatOptions? options = null,
            CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<ChatMessage> messages,
            ChatOptions? options = null,
            [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            Calls++;
            while (_parts.TryDequeue(out var part))
            {
                switch (part)
                {
                    case Exception failure:
                        throw failure;
                    case string text:
                        yield return new ChatResponseUpdate(ChatRole.Assistant, text);
                        break;
                    default:
                        await _goOn.Task.WaitAsync(cancellationToken);
                        break;
                }
            }
        }

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose()
        {
        }
    }
}
