using System.Text.Json;
using CodexOS.Inference;
using CodexOS.Inference.Contracts;
using CodexOS.Runs.Contracts;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Inference;

public sealed class ChatGateTests
{
    [Theory]
    [InlineData("scripted:repo-engineer", "scripted:repo-engineer", null)]
    [InlineData("scripted:repo-engineer", "scripted:other", "inference.model_not_granted")]
    [InlineData("scripted:repo-engineer", null, "inference.model_not_granted")]
    [InlineData("scripted:nobody-wrote-this", "scripted:nobody-wrote-this", "inference.unknown_model")]
    [InlineData("scripted:../secrets", "scripted:../secrets", "inference.unknown_model")]
    [InlineData("nobody:model", "nobody:model", "inference.unknown_provider")]
    [InlineData("openai:gpt-4o", "openai:gpt-4o", "inference.not_configured")]
    public async Task Only_the_granted_model_of_a_configured_provider_passes(
        string asked, string? granted, string? refusedAs)
    {
        using var models = new ModelHost(("Scripted:ChunkDelay", "00:00:00"));
        var grant = JsonSerializer.SerializeToElement(new { model = granted });
        var call = ModelHost.Call(ModelHost.Ask(asked)) with { Grant = grant };

        var verdict = models.Handler.Judge(call);
        var result = await models.Handler.PerformAsync(call, TestContext.Current.CancellationToken);

        if (refusedAs is null)
        {
            // A lost answer may be asked for again: nothing in the world has changed.
            verdict.ShouldBe(new GateVerdict.Allow(RepeatClass.Read));
            result.IsOk.ShouldBeTrue();
        }
        else
        {
            verdict.ShouldBeOfType<GateVerdict.Refuse>().Fault.Code.ShouldBe(refusedAs);
            result.Fault.Code.ShouldBe(refusedAs);
        }
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{\"model\":{}}")]
    public void A_grant_without_a_model_grants_none(string grant)
    {
        using var models = new ModelHost();
        var call = ModelHost.Call(ModelHost.Ask("scripted:repo-engineer"))
            with
        { Grant = JsonSerializer.Deserialize<JsonElement>(grant) };

        models.Handler.Judge(call).ShouldBeOfType<GateVerdict.Refuse>()
            .Fault.Code.ShouldBe("inference.model_not_granted");
    }

    [Fact]
    public void A_step_without_a_conversation_is_refused()
    {
        using var models = new ModelHost();
        models.Handler.Judge(ModelHost.Call(ModelHost.Ask("scripted:x")) with { Prepared = null })
            .ShouldBeOfType<GateVerdict.Refuse>().Fault.Code.ShouldBe("inference.no_conversation");
    }

    [Fact]
    public async Task A_key_or_an_address_configures_a_provider_and_the_system_says_so()
    {
        using var models = new ModelHost(
            ("OpenAI:ApiKey", "sk-anything"), ("Compatible:ollama:BaseUrl", "http://localhost:11434/v1"));

        var fact = await new ModelsFact(models.Models).ReadAsync(TestContext.Current.CancellationToken);

        fact.ShouldBeAssignableTo<IReadOnlyList<ModelState>>()!.ShouldBe(
        [
            new("openai", true, true, true),
            new("ollama", true, true, true),
            new("builtin", false, true, false),
            new("local", false, true, false),
            new("replay", true, false, true),
            new("scripted", true, false, true),
        ]);
    }

    [Fact]
    public void A_script_in_the_data_directory_is_found_and_read_anew_when_it_changes()
    {
        using var models = new ModelHost();
        Directory.CreateDirectory(Path.Combine(models.Data, "scripts"));
        var file = Path.Combine(models.Data, "scripts", "mine.yaml");
        var name = new ModelName("scripted", "mine");

        models.Models.Check(name).Fault.Code.ShouldBe("inference.unknown_model");
        File.WriteAllText(file, "turns: [{ reply: Hello }]");
        models.Models.Check(name).IsOk.ShouldBeTrue();
        File.WriteAllText(file, "turns: nonsense, but longer than before");
        models.Models.Check(name).Fault.Code.ShouldBe("inference.bad_script");
    }
}
