using CodexOS.Tools.Output;
using Microsoft.Extensions.Configuration;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Tools;

public sealed class ConfiguredSecretsTests
{
    [Theory]
    [InlineData("Inference:OpenAI:ApiKey", true)]
    [InlineData("Database:ConnectionString", true)]
    [InlineData("Egress:Secrets:github:Value", true)]
    [InlineData("egress:secrets:github:value", true)]
    [InlineData("Tools:Mcp:Secrets:token:Value", true)]
    [InlineData("Egress:Secrets:github:Hosts:0", false)]
    [InlineData("Something:Value", false)]
    [InlineData("Server:Url", false)]
    public void What_the_configuration_keeps_as_a_secret_is_looked_for(string key, bool isSecret)
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection([KeyValuePair.Create(key, (string?)"a-value-of-length")]).Build();

        new ConfiguredSecrets(configuration).Values().ShouldBe(isSecret ? ["a-value-of-length"] : []);
    }
}
