using System.Text.Json;
using CodexOS.Inference.Contracts;
using CodexOS.Inference.Local.UseLite;
using CodexOS.Platform.Faults;
using CodexOS.Testing;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Inference;

/// <summary>The embedding model that CodexOS comes with, with its real weights.</summary>
public sealed class BuiltinModelTests : IDisposable
{
    private readonly TempDirectory _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Vectors_are_those_that_the_package_makes_in_its_own_program()
    {
        using var models = new ModelHost(("BuiltinDirectory", BuiltinModelFiles.Folder));
        var known = JsonSerializer.Deserialize<KnownText[]>(
            await File.ReadAllTextAsync(Repository.In("tests", "CodexOS.IntegrationTests", "Inference", "use-lite.json"), Token),
            JsonSerializerOptions.Web)!;
        known.Length.ShouldBeGreaterThanOrEqualTo(20);

        var reply = (await EmbedAsync(models, [.. known.Select(static one => one.Text)])).Value;

        reply.TokensCount.ShouldBe(known.Sum(static one => one.Tokens.Length));
        reply.CostMicroUsd.ShouldBe(0);
        for (var i = 0; i < known.Length; i++)
        {
            var wanted = Convert.FromBase64String(known[i].Vector).Chunk(4).Select(static four => BitConverter.ToSingle(four));
            var errors = reply.Vectors[i].Zip(wanted, static (made, want) => Math.Abs(made - want));
            errors.Max().ShouldBeLessThan(1e-4f, known[i].Text);
        }
    }

    [Fact]
    public async Task Texts_that_mean_the_same_are_nearer_than_others_and_many_threads_agree()
    {
        using var models = new ModelHost(("BuiltinDirectory", BuiltinModelFiles.Folder));
        string[] texts = ["How do I reset my password?", "I forgot my password, how can I change it?", "When does the ferry leave?"];

        var replies = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => EmbedAsync(models, texts)));

        var vectors = replies[0].Value.Vectors;
        Similarity(vectors[0], vectors[1]).ShouldBeGreaterThan(0.6);
        Similarity(vectors[0], vectors[2]).ShouldBeLessThan(0.5);
        foreach (var reply in replies)
        {
            for (var i = 0; i < texts.Length; i++) reply.Value.Vectors[i].ShouldBe(vectors[i]);
        }
    }

    [Fact]
    public async Task A_text_without_a_word_has_no_direction()
    {
        using var models = new ModelHost(("BuiltinDirectory", BuiltinModelFiles.Folder));
        (await EmbedAsync(models, [""])).Value.Vectors[0].ShouldAllBe(static number => number == 0);
    }

    [Fact]
    public async Task A_file_that_is_missing_says_what_makes_it()
    {
        using var models = new ModelHost(("BuiltinDirectory", _folder.Path));

        var fault = (await EmbedAsync(models, ["hello"])).Fault;
        fault.Code.ShouldBe("inference.not_configured");
        fault.Message.ShouldContain("./run up");
        models.Models.Providers.ShouldContain(static provider => provider.Name == "builtin" && !provider.Configured);
    }

    [Fact]
    public async Task A_file_that_is_damaged_is_refused()
    {
        var bytes = await File.ReadAllBytesAsync(Path.Combine(BuiltinModelFiles.Folder, UseLiteFile.Name), Token);
        bytes[^1] ^= 1;
        await File.WriteAllBytesAsync(_folder.In(UseLiteFile.Name), bytes, Token);
        using (var models = new ModelHost(("BuiltinDirectory", _folder.Path)))
            (await EmbedAsync(models, ["hello"])).Fault.Message.ShouldContain("its SHA-256 is another one");

        bytes[8] = 9;
        await File.WriteAllBytesAsync(_folder.In(UseLiteFile.Name), bytes, Token);
        using (var models = new ModelHost(("BuiltinDirectory", _folder.Path)))
        {
            var fault = (await EmbedAsync(models, ["hello"])).Fault;
            fault.Code.ShouldBe("inference.bad_local_model");
            fault.Message.ShouldContain("its form is 9");
        }
    }

    [Fact]
    public async Task It_is_the_only_one_and_cannot_be_talked_with()
    {
        using var models = new ModelHost(("BuiltinDirectory", BuiltinModelFiles.Folder));
        models.Embeddings.Check(new ModelName("builtin", "other")).ShouldNotBeNull().Code.ShouldBe("inference.unknown_model");
        models.Embeddings.Check(BuiltinModels.UseLite).ShouldBeNull();
        models.Models.Providers.Single(static provider => provider.Name == "builtin").Chats.ShouldBeFalse();
        (await models.FaultAsync(ModelHost.Ask("builtin:use-lite"))).Code.ShouldBe("inference.no_chat");
    }

    [Fact]
    public void The_package_makes_the_file_and_its_licence_and_a_changed_one_makes_nothing()
    {
        UseLitePackage.Convert(BuiltinModelFiles.Package, _folder.In("made"));
        File.ReadAllBytes(_folder.In("made", UseLiteFile.Name)).ShouldBe(
            File.ReadAllBytes(Path.Combine(BuiltinModelFiles.Folder, UseLiteFile.Name)));
        File.ReadAllText(_folder.In("made", UseLiteFile.LicenceName)).ShouldContain("Apache License");

        Directory.CreateDirectory(_folder.In("package", "dist"));
        foreach (var file in Directory.GetFiles(BuiltinModelFiles.Package, "*", SearchOption.AllDirectories))
            File.Copy(file, _folder.In("package", Path.GetRelativePath(BuiltinModelFiles.Package, file)));
        File.AppendAllText(_folder.In("package", "dist", "vocab.json"), " ");
        Should.Throw<InvalidDataException>(() => UseLitePackage.Convert(_folder.In("package"), _folder.In("other")))
            .Message.ShouldContain("dist/vocab.json has the SHA-256");
        Directory.Exists(_folder.In("other")).ShouldBeFalse();
    }

    private static double Similarity(float[] a, float[] b) => a.Zip(b, static (x, y) => (double)x * y).Sum();

    private static Task<Result<EmbeddingReply>> EmbedAsync(ModelHost models, string[] texts) => models.Embeddings.EmbedAsync(
        new EmbeddingCall(BuiltinModels.UseLite, [.. texts], EmbeddingPurpose.Passage), static _ => { }, Token);

    private sealed record KnownText(string Text, int[] Tokens, string Vector);
}
