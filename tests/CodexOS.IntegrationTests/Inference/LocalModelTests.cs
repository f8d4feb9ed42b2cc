using CodexOS.Inference.Contracts;
using CodexOS.Platform.Faults;
using CodexOS.Testing;
using CodexOS.Testing.OpenAi;
using Microsoft.Extensions.Options;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Inference;

/// <summary>Embedding models in folders of this machine, run by ONNX Runtime.</summary>
public sealed class LocalModelTests : IDisposable
{
    private static readonly ModelName s_tiny = new("local", "tiny");

    private static readonly (string Token, float[] Vector)[] s_vocabulary =
    [
        // Padding points another way than everything else: a mean that counts it would be told by that.
        ("[PAD]", [0, 0, 9]), ("[UNK]", [0, 0, 0]), ("[CLS]", [0, 0, 0]), ("[SEP]", [0, 0, 0]),
        ("[MASK]", [0, 0, 0]), ("car", [1, 0, 0]), ("auto", [0.9f, 0, 0]), ("##mobile", [0.9f, 0.1f, 0]), ("doctor", [0, 1, 0]),
    ];

    private readonly TempDirectory _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_text_gets_the_mean_of_its_tokens_whatever_it_is_asked_together_with()
    {
        OnnxModel.Write(_folder.Path, s_vocabulary, "attention_mask", "token_type_ids");
        using var models = Models();

        var together = await EmbedAsync(models, "Car", "the automobile and the doctor of the car", "doctor", "automobile");
        var alone = await EmbedAsync(models, "automobile");

        together.Value.Vectors[0].ShouldBe([1, 0, 0]);
        together.Value.Vectors[2].ShouldBe([0, 1, 0]);
        together.Value.Vectors[3].ShouldBe(alone.Value.Vectors[0]);
        alone.Value.Vectors[0][0].ShouldBe(0.998f, 0.001);
        // The two ends, and its two parts.
        alone.Value.TokensCount.ShouldBe(4);
    }

    [Fact]
    public async Task The_first_token_stands_for_the_text_where_the_model_wants_it_so()
    {
        OnnxModel.Write(_folder.Path, [.. s_vocabulary.Select(static one => one.Token == "[CLS]" ? (one.Token, [0, 0, 2f]) : one)]);
        using var models = Models(("Local:tiny:Pooling", "first"));

        (await EmbedAsync(models, "car")).Value.Vectors[0].ShouldBe([0, 0, 1]);
    }

    [Fact]
    public async Task What_is_behind_the_limit_of_tokens_is_left()
    {
        OnnxModel.Write(_folder.Path, s_vocabulary);
        using var models = Models(("Local:tiny:TokensMax", "8"));

        var reply = (await EmbedAsync(models, string.Join(' ', Enumerable.Repeat("car", 50)) + " doctor")).Value;

        reply.TokensCount.ShouldBe(8);
        reply.Vectors[0].ShouldBe([1, 0, 0]);
    }

    [Theory]
    [InlineData("model.onnx", "has no model.onnx")]
    [InlineData("vocab.txt", "has no vocab.txt")]
    public async Task A_folder_that_lacks_a_file_says_which(string missing, string told)
    {
        OnnxModel.Write(_folder.Path, s_vocabulary);
        File.Delete(_folder.In(missing));
        using var models = Models();

        var fault = (await EmbedAsync(models, "car")).Fault;
        fault.Code.ShouldBe("inference.bad_local_model");
        fault.Message.ShouldContain(told);
    }

    [Fact]
    public async Task A_model_that_is_damaged_or_wants_what_is_not_known_is_refused()
    {
        OnnxModel.Write(_folder.Path, s_vocabulary, "pixel_values");
        using (var models = Models())
            (await EmbedAsync(models, "car")).Fault.Message.ShouldContain("'pixel_values'");

        File.WriteAllBytes(_folder.In("model.onnx"), [1, 2, 3]);
        using (var models = Models())
            (await EmbedAsync(models, "car")).Fault.Code.ShouldBe("inference.bad_local_model");

        OnnxModel.Write(_folder.Path, s_vocabulary);
        using (var models = Models())
            (await EmbedAsync(models, "car")).IsOk.ShouldBeTrue();
    }

    [Fact]
    public void Only_the_models_that_are_set_up_are_known_and_they_cannot_be_talked_with()
    {
        using var models = Models();
        models.Embeddings.Check(new ModelName("local", "other")).ShouldNotBeNull().Message.ShouldContain("There are: tiny");
        models.Embeddings.Check(s_tiny).ShouldBeNull();
        models.Models.Providers.ShouldContain(static provider => provider.Name == "local" && provider.Configured);
        using var none = new ModelHost();
        none.Embeddings.Check(s_tiny).ShouldNotBeNull().Code.ShouldBe("inference.not_configured");
    }

    [Fact]
    public async Task A_chat_with_one_is_refused()
    {
        using var models = Models();
        (await models.FaultAsync(ModelHost.Ask("local:tiny"))).Code.ShouldBe("inference.no_chat");
    }

    [Theory]
    [InlineData("Local:ti_ny:Directory", "models")]
    [InlineData("Local:tiny:TokensMax", "7")]
    public void Settings_that_cannot_be_are_refused(string name, string value) =>
        Should.Throw<OptionsValidationException>(() => Models((name, value)).Dispose()).Message.ShouldContain(
            string.Join(':', name.Split(':')[..2]));

    private ModelHost Models(params (string Name, string? Value)[] settings) =>
        new([("Local:tiny:Directory", _folder.Path), .. settings]);

    private static Task<Result<EmbeddingReply>> EmbedAsync(ModelHost models, params string[] texts) =>
        models.Embeddings.EmbedAsync(
            new EmbeddingCall(s_tiny, [.. texts], EmbeddingPurpose.Passage), static _ => { }, Token);
}
