using System.Collections.Concurrent;
using System.Collections.Immutable;
using CodexOS.Inference.Contracts;
using CodexOS.Platform.Faults;
using CodexOS.Testing.OpenAi;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Inference;

/// <summary>Vectors of texts, from an endpoint that speaks the OpenAI protocol.</summary>
public sealed class EmbeddingTests : IAsyncLifetime
{
    private static readonly ModelName s_model = new("lab", "meanings/small");

    private OpenAiServer _server = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _server = await OpenAiServer.StartAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Every_text_gets_its_own_vector_of_length_one_whatever_the_order_of_the_answer(bool inBase64)
    {
        _server.Otherwise(_ => new OpenAiAnswer.Embeds(Meanings.Of) { InBase64 = inBase64 });
        using var models = Models(("Embeddings:lab:meanings/small:TextsPerRequestMax", "3"));
        ImmutableArray<string> texts = [.. Enumerable.Range(0, 20).Select(static i => $"car number {i}")];
        var told = new ConcurrentBag<int>();

        var reply = (await models.Embeddings.EmbedAsync(
            new EmbeddingCall(s_model, texts, EmbeddingPurpose.Passage), told.Add, Token)).Value;

        reply.Vectors.Length.ShouldBe(20);
        for (var i = 0; i < texts.Length; i++)
        {
            reply.Vectors[i].Sum(static number => (double)number * number).ShouldBe(1, 1e-5);
            Cosine(reply.Vectors[i], Meanings.Of(texts[i])).ShouldBe(1, 1e-5);
        }

        _server.Requests.Count.ShouldBe(7);
        _server.Requests.ShouldAllBe(static request => request.Model == "meanings/small");
        reply.TokensCount.ShouldBe(60);
        told.Count.ShouldBe(7);
        told.Max().ShouldBe(20);
    }

    [Fact]
    public async Task A_model_is_told_what_a_text_is_for_and_asked_for_as_many_numbers_as_are_wanted()
    {
        _server.Otherwise(static _ => new OpenAiAnswer.Embeds(Meanings.Of));
        using var models = Models(
            ("Embeddings:lab:meanings/small:QueryPrefix", "query: "), ("Embeddings:lab:meanings/small:PassagePrefix", "passage: "),
            ("Embeddings:lab:meanings/small:Dimensions", "48"));

        (await EmbedAsync(models, EmbeddingPurpose.Query, "car")).IsOk.ShouldBeTrue();
        (await EmbedAsync(models, EmbeddingPurpose.Passage, "car")).IsOk.ShouldBeTrue();

        _server.Requests.Select(static request => request.Inputs[0]).ShouldBe(["query: car", "passage: car"]);
        _server.Requests.ShouldAllBe(static request => request.Body.GetProperty("dimensions").GetInt32() == 48);
    }

    [Fact]
    public async Task Tokens_are_priced_and_estimated_where_the_endpoint_does_not_count()
    {
        _server.Otherwise(static _ => new OpenAiAnswer.Embeds(Meanings.Of) { Counts = false });
        using var models = Models(("Prices:lab:meanings/small:Input", "2.5"));

        var reply = (await EmbedAsync(models, EmbeddingPurpose.Passage, new string('a', 400))).Value;

        reply.TokensCount.ShouldBe(100);
        reply.CostMicroUsd.ShouldBe(250);
    }

    [Theory]
    [InlineData("""{"data":[]}""", "inference.bad_vectors")]
    [InlineData("""{"data":[{"index":0,"embedding":[]}]}""", "inference.bad_vectors")]
    [InlineData("""{"data":[{"index":0,"embedding":[1e39]}]}""", "inference.bad_vectors")]
    [InlineData("""{"data":[{"index":1,"embedding":[1]}]}""", "inference.garbage_answer")]
    [InlineData("""{"data":[{"index":0,"embedding":["x"]}]}""", "inference.garbage_answer")]
    [InlineData("""{"object":"list"}""", "inference.garbage_answer")]
    [InlineData("<html>", "inference.garbage_answer")]
    public async Task An_answer_that_is_none_is_told(string body, string code)
    {
        _server.Otherwise(_ => new OpenAiAnswer.Sends("application/json", body));
        using var models = Models();

        (await EmbedAsync(models, EmbeddingPurpose.Query, "car")).Fault.Code.ShouldBe(code);
    }

    [Fact]
    public async Task What_passes_is_tried_again_and_what_does_not_is_told_once()
    {
        _server.Then(new OpenAiAnswer.Fails(503), new OpenAiAnswer.Fails(429), new OpenAiAnswer.Embeds(Meanings.Of));
        using var models = Models();
        (await EmbedAsync(models, EmbeddingPurpose.Query, "car")).IsOk.ShouldBeTrue();
        _server.Requests.Count.ShouldBe(3);

        _server.Otherwise(static _ => new OpenAiAnswer.Fails(400, "context_length_exceeded"));
        var fault = (await EmbedAsync(models, EmbeddingPurpose.Query, "car")).Fault;
        fault.Code.ShouldBe("inference.context_too_long");
        fault.Message.ShouldContain("A text is longer than the model");
        _server.Requests.Count.ShouldBe(4);
    }

    [Fact]
    public async Task An_endpoint_that_fails_again_and_again_is_left_alone()
    {
        _server.Otherwise(static _ => new OpenAiAnswer.Fails(500));
        using var models = Models(("Calls:AttemptsMax", "1"), ("Calls:BreakerFailuresMax", "2"));
        for (var i = 0; i < 2; i++)
            (await EmbedAsync(models, EmbeddingPurpose.Query, "car")).Fault.Code.ShouldBe("inference.endpoint_failed");

        (await EmbedAsync(models, EmbeddingPurpose.Query, "car")).Fault.Code.ShouldBe("inference.endpoint_resting");

        _server.Requests.Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_provider_without_embedding_models_is_refused_before_it_is_asked()
    {
        using var models = Models();
        models.Embeddings.Check(new ModelName("scripted", "repo-engineer")).ShouldNotBeNull().Code.ShouldBe("inference.no_embeddings");
        models.Embeddings.Check(new ModelName("nowhere", "x")).ShouldNotBeNull().Kind.ShouldBe(FaultKind.Invalid);
        models.Embeddings.Check(s_model).ShouldBeNull();
        _server.Requests.ShouldBeEmpty();

        var asked = await models.Embeddings.EmbedAsync(
            new EmbeddingCall(new ModelName("scripted", "repo-engineer"), ["car"], EmbeddingPurpose.Query), static _ => { }, Token);
        asked.Fault.Code.ShouldBe("inference.no_embeddings");
    }

    private ModelHost Models(params (string Name, string? Value)[] settings) =>
        new([("Compatible:lab:BaseUrl", _server.BaseUrl.ToString()), .. settings]);

    private static Task<Result<EmbeddingReply>> EmbedAsync(ModelHost models, EmbeddingPurpose purpose, string text) =>
        models.Embeddings.EmbedAsync(new EmbeddingCall(s_model, [text], purpose), static _ => { }, Token);

    private static double Cosine(float[] one, float[] other)
    {
        var length = Math.Sqrt(other.Sum(static number => (double)number * number));
        return one.Zip(other, static (a, b) => (double)a * b).Sum() / length;
    }
}
