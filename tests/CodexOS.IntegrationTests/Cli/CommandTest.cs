using CodexOS.Cli.Screens;
using Xunit;

namespace CodexOS.IntegrationTests.Cli;

/// <summary>What tests of whole commands share: a server that speaks the contract, and a session.</summary>
public abstract class CommandTest : IAsyncLifetime
{
    private protected ContractServer Server { get; private set; } = null!;

    private protected static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => Server = await ContractServer.StartNewAsync();

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await Server.DisposeAsync();
    }

    private protected static string Plain(string text) =>
        PlainText.Of(text.Replace("\r", "", StringComparison.Ordinal));

    private protected async Task<FakeTerminal> SignedInAsync(
        bool isTerminal = false, int width = 100, string input = "")
    {
        var terminal = new FakeTerminal(Server.Url) { IsTerminal = isTerminal, Width = width, Input = input };
        await terminal.SignInAsync();
        return terminal;
    }
}
