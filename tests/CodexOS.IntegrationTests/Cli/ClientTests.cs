using System.Text.Json.Nodes;
using CodexOS.Client.Contracts;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Cli;

public sealed class ClientTests : IAsyncLifetime
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    private readonly CancellationTokenSource _limit = new(s_patience);
    private ContractServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await ContractServer.StartNewAsync();

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _limit.Dispose();
    }

    [Fact]
    public async Task A_list_is_read_page_by_page()
    {
        using var client = await SignedInAsync();

        var agents = await client.ListAllAgentsAsync(_limit.Token)
            .Select(agent => agent.Name)
            .ToListAsync(_limit.Token);

        agents.ShouldBe(["fixer", "writer"]);
        _server.Requests.ShouldContain("GET /api/v1/agents?limit=100&cursor=more");
    }

    [Fact]
    public async Task A_refused_token_is_renewed_once_however_many_calls_notice()
    {
        using var client = await SignedInAsync();
        _server.ExpireAccessToken();

        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => client.GetMeAsync(_limit.Token)));

        _server.RefreshesCount.ShouldBe(1);
    }

    [Fact]
    public async Task Two_processes_that_share_a_session_spend_its_refresh_token_once()
    {
        using var folder = new TemporaryFolder();
        using var one = new FileCredentialStore(folder.At("credentials.json"));
        using var two = new FileCredentialStore(folder.At("credentials.json"));
        using var first = Open(one);
        using var second = Open(two);
        await first.SignInAsync(ContractServer.Email, ContractServer.Password, _limit.Token);
        await second.GetMeAsync(_limit.Token);
        _server.ExpireAccessToken();

        await Task.WhenAll(Enumerable.Range(0, 20).Select(i => (i % 2 == 0 ? first : second).GetMeAsync(_limit.Token)));

        _server.RefreshesCount.ShouldBe(1);
        (await two.ReadAsync(_server.Url, _limit.Token))!.RefreshToken.ShouldBe(_server.RefreshToken);
    }

    [Fact]
    public async Task A_session_that_ended_is_told_and_forgotten()
    {
        using var store = new MemoryCredentialStore(_server.Url, new Credentials("old", null, "spent"));
        using var client = Open(store);

        var failure = await Should.ThrowAsync<CodexOSException>(() => client.GetMeAsync(_limit.Token));

        failure.Code.ShouldBe("identity.session_ended");
        failure.Kind.ShouldBe(FaultKind.NotSignedIn);
        (await store.ReadAsync(_server.Url, _limit.Token)).ShouldBeNull();
    }

    [Fact]
    public async Task Problem_details_become_an_exception_with_everything_in_them()
    {
        using var client = await SignedInAsync();
        _server.NextAnswers.Enqueue(("/agents", 400, new JsonObject
        {
            ["code"] = "agents.invalid_definition",
            ["detail"] = "The definition is not valid.",
            ["traceId"] = "77",
            ["errors"] = new JsonObject { ["tools[1]"] = new JsonArray("There is no such tool.") },
        }));

        var failure = await Should.ThrowAsync<CodexOSException>(() => client.ApplyAgentAsync("x", _limit.Token));

        failure.Code.ShouldBe("agents.invalid_definition");
        failure.Kind.ShouldBe(FaultKind.Invalid);
        failure.Message.ShouldBe("The definition is not valid.");
        failure.TraceId.ShouldBe("77");
        failure.Errors["tools[1]"].ShouldBe(["There is no such tool."]);
    }

    [Fact]
    public async Task An_answer_that_is_no_CodexOS_answer_says_so()
    {
        using var client = await SignedInAsync();
        _server.NextAnswers.Enqueue(("/auth/me", 418, null));

        var failure = await Should.ThrowAsync<CodexOSException>(() => client.GetMeAsync(_limit.Token));

        failure.Code.ShouldBe("client.http_418");
        failure.Message.ShouldContain("Is this the address of a CodexOS server?");
    }

    [Fact]
    public async Task A_start_is_repeated_under_the_same_key_when_the_server_is_busy()
    {
        using var client = await SignedInAsync();
        _server.NextAnswers.Enqueue(("/runs", 503, null));

        var run = await client.StartRunAsync("fixer", new StartRunRequest("go"), null, _limit.Token);

        run.Id.ShouldBe(_server.Journal.RunId);
        _server.IdempotencyKeys.Count.ShouldBe(2);
        _server.IdempotencyKeys.Distinct().Count().ShouldBe(1);
    }

    [Fact]
    public async Task A_decision_is_never_sent_twice()
    {
        using var client = await SignedInAsync();
        _server.NextAnswers.Enqueue(("/approvals/", 503, null));

        await Should.ThrowAsync<CodexOSException>(
            () => client.DecideAsync(_server.Journal.RunId, "apr_1", true, "h1", null, _limit.Token));

        _server.Requests.Count(request => request.Contains("/approvals/")).ShouldBe(1);
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_unavailable()
    {
        await _server.KillAsync();
        using var client = Open(new MemoryCredentialStore());

        var failure = await Should.ThrowAsync<CodexOSException>(() => client.GetSetupAsync(_limit.Token));

        failure.Code.ShouldBe("client.unreachable");
        failure.Kind.ShouldBe(FaultKind.Unavailable);
    }

    [Theory]
    [InlineData("..")]
    [InlineData(".")]
    [InlineData("")]
    public async Task A_name_cannot_become_another_address(string name)
    {
        using var client = await SignedInAsync();

        var failure = await Should.ThrowAsync<CodexOSException>(() => client.GetAgentAsync(name, _limit.Token));

        failure.Code.ShouldBe("client.bad_name");
    }

    [Fact]
    public async Task A_stream_that_is_cut_goes_on_without_a_gap_or_a_repeat()
    {
        using var client = await SignedInAsync();
        var journal = _server.Journal;
        for (var i = 0; i < 3; i++) journal.Append("step.started", new JsonObject { ["step"] = $"s{i}" });
        var seen = new List<long>();
        var states = new List<string>();

        await foreach (var update in client.WatchRunAsync(journal.RunId, -1, Hasty, _limit.Token))
        {
            if (update is not JournalUpdate { Event: var happened })
            {
                states.Add(update.GetType().Name);
                continue;
            }

            seen.Add(happened.Seq);
            if (happened.Seq is 2 or 5)
            {
                _server.CutStreams();
                for (var i = 0; i < 3; i++) journal.Append("step.started", new JsonObject { ["step"] = "more" });
            }

            if (happened.Seq == 8) journal.Complete("done");
        }

        seen.ShouldBe(Enumerable.Range(0, 10).Select(i => (long)i));
        states.ShouldContain(nameof(ConnectionLost));
        states.ShouldContain(nameof(ConnectionRestored));
    }

    [Fact]
    public async Task A_killed_server_is_found_again_when_it_comes_back()
    {
        using var client = await SignedInAsync();
        var journal = _server.Journal;
        journal.Append("run.created", []);
        var seen = new List<long>();
        var lost = 0;

        await foreach (var update in client.WatchRunAsync(journal.RunId, -1, Hasty, _limit.Token))
        {
            if (update is JournalUpdate { Event: var happened }) seen.Add(happened.Seq);
            if (update is JournalUpdate && seen.Count == 1) await _server.KillAsync();
            if (update is ConnectionLost && ++lost == 3)
            {
                journal.Complete("done");
                await _server.StartAsync();
            }
        }

        seen.ShouldBe([0L, 1L]);
    }

    [Fact]
    public async Task A_connection_that_falls_silent_is_given_up_and_made_anew()
    {
        using var client = await SignedInAsync();
        var journal = _server.Journal;
        journal.Append("run.created", []);
        var impatient = Hasty with { SilenceMax = TimeSpan.FromMilliseconds(100) };

        var reasons = new List<string>();
        await foreach (var update in client.WatchRunAsync(journal.RunId, -1, impatient, _limit.Token))
        {
            if (update is not ConnectionLost lost) continue;
            reasons.Add(lost.Reason);
            journal.Complete("done");
        }

        reasons[0].ShouldContain("silent");
    }

    [Fact]
    public async Task Model_text_comes_as_it_is_written()
    {
        using var client = await SignedInAsync();
        var journal = _server.Journal;
        journal.Append("run.created", []);
        var text = "";

        await foreach (var update in client.WatchRunAsync(journal.RunId, -1, Hasty, _limit.Token))
        {
            if (update is JournalUpdate { Event.Seq: 0 })
            {
                journal.Delta("m1", "Hel", 0);
                journal.Delta("m1", "lo\n", 3);
            }

            if (update is DeltaUpdate delta) text += delta.Text;
            if (text == "Hello\n" && journal.Status == "running") journal.Complete("done");
        }

        text.ShouldBe("Hello\n");
    }

    [Fact]
    public async Task Watching_begins_after_the_place_that_is_named_and_ends_with_a_run_that_is_over()
    {
        using var client = await SignedInAsync();
        var journal = _server.Journal;
        journal.Append("run.created", []);
        journal.Complete("done");

        (await SeqsAsync(0)).ShouldBe([1L]);
        (await SeqsAsync(1)).ShouldBeEmpty();

        async Task<List<long>> SeqsAsync(long after) =>
            await client.WatchRunAsync(journal.RunId, after, Hasty, _limit.Token)
                .OfType<JournalUpdate>()
                .Select(update => update.Event.Seq)
                .ToListAsync(_limit.Token);
    }

    [Fact]
    public async Task A_server_that_stays_away_ends_the_watching_with_a_clear_failure()
    {
        using var client = await SignedInAsync();
        await _server.KillAsync();
        var options = Hasty with { OutageMax = TimeSpan.FromMilliseconds(200) };

        var watching = client.WatchRunAsync(_server.Journal.RunId, -1, options, _limit.Token);
        var failure = await Should.ThrowAsync<CodexOSException>(async () => await watching.ToListAsync(_limit.Token));

        failure.Code.ShouldBe("client.stream_lost");
        failure.Message.ShouldContain("The run is not affected");
    }

    private static WatchOptions Hasty { get; } = new()
    {
        RetryDelay = TimeSpan.FromMilliseconds(10),
        RetryDelayMax = TimeSpan.FromMilliseconds(40),
    };

    private CodexOSClient Open(ICredentialStore store) => new(new CodexOSClientOptions
    {
        Server = _server.Url,
        Credentials = store,
        RetryDelay = TimeSpan.FromMilliseconds(5),
    });

    private async Task<CodexOSClient> SignedInAsync()
    {
        var client = Open(new MemoryCredentialStore());
        await client.SignInAsync(ContractServer.Email, ContractServer.Password, _limit.Token);
        return client;
    }
}
