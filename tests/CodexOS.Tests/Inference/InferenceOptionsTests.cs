using CodexOS.Inference;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Inference;

public sealed class InferenceOptionsTests
{
    [Theory]
    [InlineData("Scripted:ChunkDelay", "00:01:00", "ChunkDelay")]
    [InlineData("Calls:AttemptsMax", "0", "AttemptsMax")]
    [InlineData("Cassettes:RecordTo", "../up", "RecordTo")]
    [InlineData("OpenAI:BaseUrl", "ftp://example.org", "OpenAI:BaseUrl")]
    [InlineData("Compatible:Big:BaseUrl", "http://example.org", "Compatible:Big")]
    [InlineData("Compatible:openai:BaseUrl", "http://example.org", "Compatible:openai")]
    [InlineData("Compatible:builtin:BaseUrl", "http://example.org", "Compatible:builtin")]
    [InlineData("Compatible:local:ApiKey", "x", "Compatible:local:BaseUrl")]
    [InlineData("Prices:openai:x:Input", "-1", "Prices:openai:x")]
    public void A_bad_value_stops_the_start_and_names_the_setting(string name, string value, string named)
    {
        using var services = Services((name, value));

        Should.Throw<OptionsValidationException>(
            () => services.GetRequiredService<IOptions<InferenceOptions>>().Value).Message.ShouldContain(named);
    }

    [Fact]
    public void The_defaults_are_valid()
    {
        using var services = Services();
        services.GetRequiredService<IOptions<InferenceOptions>>().Value.Calls.AttemptsMax.ShouldBe(4);
    }

    private static ServiceProvider Services(params (string Name, string Value)[] settings)
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(null);
        foreach (var (name, value) in settings)
        {
            builder.Configuration[$"Inference:{name}"] = value;
        }

        builder.Services.AddSingleton<IConfiguration>(builder.Configuration);
        new InferenceModule().Add(builder);
        return builder.Services.BuildServiceProvider();
    }
}
