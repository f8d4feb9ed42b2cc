using CodexOS.Testing;
using CodexOS.Testing.Servers;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Host;

public sealed class StartTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("--role", "x", "The roles are: all, api, worker.")]
    [InlineData("--set", "foo", "not a setting of the form key=value")]
    [InlineData("--set", "Server:BodyBytesMax=5", "between 1024 and 104857600")]
    [InlineData("--set", "Server:BodyBytesMax=abc", "'abc' at 'Server:BodyBytesMax'")]
    [InlineData("--set", "Database:Provider=mysql", "must be sqlite or postgres")]
    [InlineData("--url", "ftp://x", "is not an address like http://127.0.0.1:7420")]
    [InlineData("--data", "/proc/nothing/here", "Choose another: codexos serve --data")]
    public async Task A_bad_option_is_refused_with_a_sentence_and_no_stack_trace(string name, string value, string says)
    {
        using var data = new TempDirectory();
        string[] arguments = ["serve", "--url", "http://127.0.0.1:0", "--data", data.Path];
        var given = Array.IndexOf(arguments, name);
        if (given >= 0) arguments[given + 1] = value;
        else arguments = [.. arguments, name, value];

        var (exitCode, _, errors) = await ServerProcess.RunAsync(arguments, Token);

        exitCode.ShouldBe(2);
        errors.ShouldContain(says);
        errors.ShouldNotContain("   at ");
    }

    [Fact]
    public async Task A_taken_port_is_named_with_the_way_out()
    {
        using var data = new TempDirectory();
        await using var first = await CodexServer.StartAsync(cancellationToken: Token);

        var (exitCode, _, errors) = await ServerProcess.RunAsync(
            ["serve", "--url", first.Url.GetLeftPart(UriPartial.Authority), "--data", data.Path], Token);

        exitCode.ShouldBe(2);
        errors.ShouldContain("Something else listens on");
        errors.ShouldContain("--url");
    }

    [Fact]
    public async Task Two_servers_cannot_share_a_data_directory()
    {
        await using var first = await CodexServer.StartAsync(cancellationToken: Token);

        var (exitCode, _, errors) = await ServerProcess.RunAsync(
            ["serve", "--url", "http://127.0.0.1:0", "--data", first.DataPath], Token);

        exitCode.ShouldBe(2);
        errors.ShouldContain("Another CodexOS server works in");
    }

    [Fact]
    public async Task A_killed_server_starts_again_on_the_same_data_and_stops_when_asked()
    {
        using var data = new TempDirectory();
        await using (var first = await ServerProcess.StartAsync(data.Path, cancellationToken: Token))
            await first.KillAsync();

        await using var second = await ServerProcess.StartAsync(data.Path, cancellationToken: Token);
        using var client = new HttpClient { BaseAddress = second.Url };
        (await client.GetAsync("/health/ready", Token)).IsSuccessStatusCode.ShouldBeTrue();

        (await second.StopAsync(Token)).ShouldBe(0);
    }
}
