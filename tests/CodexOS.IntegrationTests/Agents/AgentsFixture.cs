using Xunit;

namespace CodexOS.IntegrationTests.Agents;

/// <summary>
/// A server on one kind of database that tests share, and fresh ones for those that need settings of their own.
/// </summary>
public abstract class AgentsFixture(Func<Task<string?>> database) : IAsyncLifetime
{
    private AgentsServer? _shared;

    internal AgentsServer Shared => _shared ?? throw new InvalidOperationException("The server has not been started.");

    internal async Task<AgentsServer> StartAsync(params string[] settings) =>
        await AgentsServer.StartAsync(await database(), TestContext.Current.CancellationToken, settings);

    /// <inheritdoc />
    public async ValueTask InitializeAsync() => _shared = await StartAsync();

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (_shared is not null) await _shared.DisposeAsync();
        GC.SuppressFinalize(this);
    }
}
