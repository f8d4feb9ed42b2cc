using CodexOS.Cli.Doctor;
using CodexOS.Client.Contracts;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Cli;

public sealed class SandboxChecksTests
{
    [Theory]
    [InlineData(true, "ok")]
    [InlineData(false, "warn")]
    public void The_doctor_says_whether_steps_share_files_or_copy_them(bool work, string state)
    {
        var check = SandboxChecks.Of(new SandboxState(true, "full", Layers: new SandboxLayers(work, "What it means.")))
            .Single(static one => one.Name == "  layers");
        (check.State.ToString().ToLowerInvariant(), check.Message).ShouldBe((state, "What it means."));
        (check.Fix is null).ShouldBe(work);
    }

    [Fact]
    public void Nothing_is_said_of_layers_where_nothing_is_executed_or_the_server_is_older()
    {
        SandboxChecks.Of(new SandboxState(false, "none", "no bwrap", Layers: new SandboxLayers(false, "x")))
            .ShouldNotContain(static one => one.Name == "  layers");
        SandboxChecks.Of(new SandboxState(true, "full")).ShouldNotContain(static one => one.Name == "  layers");
    }
}
