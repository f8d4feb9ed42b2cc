using System.Collections.Immutable;
using System.ComponentModel.DataAnnotations;
using CodexOS.Inference;
using CodexOS.Inference.Contracts;
using CodexOS.Platform.Faults;
using CodexOS.Testing.OpenAi;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Inference;

/// <summary>Texts that are ranked by endpoints that speak one of the two forms.</summary>
public sealed class RerankTests : IAsyncLifetime
{
    private static readonly ModelName s_model = new("lab", "judge/small");
    private static readonly ImmutableArray<string> s_texts = ["one", "three words here", "two words"];

    private OpenAiServer _server = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => (_server = await OpenAiServer.StartAsync()).Otherwise(Ranks);

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Theory]
    [InlineData(RerankerForm.Common, "/v1/rerank")]
    [InlineData(RerankerForm.Tei, "/rerank")]
    public async Task Every_text_is_ranked_once_in_whichever_form(RerankerForm form, string path)
    {
        using var models = Models(
            ("Rerankers:lab:judge/small:Form", form.ToString()),
            ("Rerankers:lab:judge/small:Path", form == RerankerForm.Tei ? "/rerank" : "rerank"));

        var reply = (await RankAsync(models)).Value;

        reply.Ranked.Select(static one => one.Index).ShouldBe([1, 2, 0]);
        reply.Ranked.Select(static one => one.Score).ShouldBe([3, 2, 1]);
        var request = _server.Requests.ShouldHaveSingleItem();
        request.Path.ShouldBe(path);
        request.Ranked.ShouldBe(s_texts);
        request.Body.GetProperty("query").GetString().ShouldBe("how many?");
        request.Body.TryGetProperty("model", out var model).ShouldBe(form == RerankerForm.Common);
        if (form == RerankerForm.Common) model.GetString().ShouldBe("judge/small");
    }

    [Fact]
    public async Task Tokens_are_priced_and_estimated_where_the_endpoint_does_not_count()
    {
        using var models = Models(("Prices:lab:judge/small:Input", "2.5"));
        var counted = (await RankAsync(models)).Value;
        (counted.TokensCount, counted.CostMicroUsd).ShouldBe((6, 15));

        _server.Otherwise(static _ => new OpenAiAnswer.Ranks(static text => text.Length) { Counts = false });
        (await RankAsync(models)).Value.TokensCount.ShouldBe((s_texts.Sum(static text => text.Length + 9) + 3) / 4);
    }

    [Fact]
    public async Task The_key_of_the_provider_goes_with_the_request_and_into_no_fault()
    {
        await using var guarded = await OpenAiServer.StartAsync("sk-of-the-lab");
        guarded.Otherwise(Ranks);
        using (var models = new ModelHost(
            ("Compatible:lab:BaseUrl", guarded.BaseUrl.ToString()), ("Compatible:lab:ApiKey", "sk-of-the-lab")))
            (await RankAsync(models)).IsOk.ShouldBeTrue();
        using var others = new ModelHost(
            ("Compatible:lab:BaseUrl", guarded.BaseUrl.ToString()), ("Compatible:lab:ApiKey", "sk-of-somebody"));
        var fault = (await RankAsync(others)).Fault;
        fault.Code.ShouldBe("inference.bad_key");
        fault.Message.ShouldNotContain("sk-of");
    }

    [Theory]
    [InlineData("""{"results":[]}""", "inference.bad_ranking")]
    [InlineData("""{"results":[{"index":0,"score":1},{"index":0,"score":1},{"index":1,"score":1}]}""", "inference.bad_ranking")]
    [InlineData("""{"results":[{"index":0,"score":1},{"index":3,"score":1},{"index":1,"score":1}]}""", "inference.bad_ranking")]
    [InlineData("""{"results":[{"index":0,"score":1e999},{"index":2,"score":1},{"index":1,"score":1}]}""", "inference.bad_ranking")]
    [InlineData("""{"results":[{"score":1}]}""", "inference.garbage_answer")]
    [InlineData("""{"results":[{"index":0,"relevance_score":"good"}]}""", "inference.garbage_answer")]
    [InlineData("""{"object":"list"}""", "inference.garbage_answer")]
    [InlineData("<html>", "inference.garbage_answer")]
    public async Task An_answer_that_is_none_is_told(string body, string code)
    {
        _server.Otherwise(_ => new OpenAiAnswer.Sends("application/json", body));
        using var models = Models();

        (await RankAsync(models)).Fault.Code.ShouldBe(code);
    }

    [Fact]
    public async Task What_passes_is_tried_again_and_an_endpoint_that_fails_again_and_again_is_left_alone()
    {
        _server.Then(new OpenAiAnswer.Fails(503), new OpenAiAnswer.Fails(429));
        using (var models = Models()) (await RankAsync(models)).IsOk.ShouldBeTrue();
        _server.Requests.Count.ShouldBe(3);

        _server.Otherwise(static _ => new OpenAiAnswer.Fails(500));
        using var others = Models(("Calls:AttemptsMax", "1"), ("Calls:BreakerFailuresMax", "2"));
        for (var i = 0; i < 2; i++) (await RankAsync(others)).Fault.Code.ShouldBe("inference.endpoint_failed");
        (await RankAsync(others)).Fault.Code.ShouldBe("inference.endpoint_resting");
        _server.Requests.Count.ShouldBe(5);
    }

    [Fact]
    public async Task What_is_longer_than_a_request_may_be_is_not_sent()
    {
        using var models = Models(("Calls:RequestBytesMax", "1000"));
        var call = new RerankCall(s_model, "how many?", [new string('a', 1_000)]);
        (await models.Rerankers.RankAsync(call, Token)).Fault.Code.ShouldBe("inference.request_too_large");
        _server.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_provider_without_rerankers_is_refused_before_it_is_asked()
    {
        using var models = Models(("OpenAI:ApiKey", "sk-of-the-test"));
        models.Rerankers.Check(s_model).ShouldBeNull();
        foreach (var provider in (string[])["scripted", "openai"])
        {
            var name = new ModelName(provider, provider == "openai" ? "gpt-4.1-mini" : "repo-engineer");
            models.Rerankers.Check(name).ShouldNotBeNull().Code.ShouldBe("inference.no_rerankers");
            (await models.Rerankers.RankAsync(new RerankCall(name, "how many?", s_texts), Token)).Fault.Code
                .ShouldBe("inference.no_rerankers");
        }

        _server.Requests.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("rerank", true)]
    [InlineData("/v2/rerank", true)]
    [InlineData("//elsewhere.example/rerank", false)]
    [InlineData("https://elsewhere.example/rerank", false)]
    [InlineData("rerank?key=1", false)]
    [InlineData("", false)]
    public void A_path_leads_nowhere_else(string path, bool isGood)
    {
        var options = new InferenceOptions();
        options.Rerankers["lab"] = new() { ["judge"] = new RerankerOptions { Path = path } };
        options.Validate(new ValidationContext(options)).Any().ShouldBe(!isGood);
    }

    private static OpenAiAnswer Ranks(OpenAiRequest request) => new OpenAiAnswer.Ranks(static text => text.Split(' ').Length);

    private ModelHost Models(params (string Name, string? Value)[] settings) =>
        new([("Compatible:lab:BaseUrl", _server.BaseUrl.ToString()), .. settings]);

    private static Task<Result<RerankReply>> RankAsync(ModelHost models) =>
        models.Rerankers.RankAsync(new RerankCall(s_model, "how many?", s_texts), Token);
}
