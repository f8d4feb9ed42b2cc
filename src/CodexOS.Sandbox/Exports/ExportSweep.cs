using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace CodexOS.Sandbox.Exports;

/// <summary>Removes archives that are too old, at the start and from time to time.</summary>
internal sealed partial class ExportSweep(
    ExportStore store, IOptions<SandboxOptions> options, TimeProvider clock, ILogger<ExportSweep> log) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        using var timer = new PeriodicTimer(options.Value.ExportSweepInterval, clock);
        do
        {
            try
            {
                var removed = store.RemoveOld(stoppingToken);
                if (removed > 0) LogRemoved(removed);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // What could not be removed now is removed the next time.
                LogFailed(error);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Removed {Count} archives of workspaces that were too old.")]
    private partial void LogRemoved(int count);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Old archives of workspaces could not be removed.")]
    private partial void LogFailed(Exception error);
}
