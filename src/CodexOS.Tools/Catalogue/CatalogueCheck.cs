using Microsoft.Extensions.Hosting;

namespace CodexOS.Tools.Catalogue;

/// <summary>Makes the catalogue while the server starts: a bad contract stops the start, not the first call.</summary>
internal sealed class CatalogueCheck(ToolCatalogue catalogue) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        _ = catalogue.All;
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
