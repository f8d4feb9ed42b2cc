using CodexOS.Platform.Modules;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace CodexOS.Trust.Audit;

/// <summary>
/// Gives entries their place, and signs logs when that is due. What fails is tried again at the next tick: entries stay
/// pending meanwhile, and none is lost.
/// </summary>
internal sealed partial class AuditTimer(
    AuditSequencer sequencer, AuditCheckpoints checkpoints, IOptions<AuditOptions> options, TimeProvider clock,
    IHostApplicationLifetime lifetime, ILogger<AuditTimer> log) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await lifetime.WhenStartedAsync(stoppingToken);
        using var timer = new PeriodicTimer(options.Value.SequenceInterval, clock);
        do
        {
            try
            {
                await sequencer.SequenceAllAsync(stoppingToken);
                await checkpoints.SignDueAsync(stoppingToken);
            }
            catch (Exception error) when (!stoppingToken.IsCancellationRequested)
            {
                LogFailed(error);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The audit log could not be brought up to date; it is tried again.")]
    private partial void LogFailed(Exception error);
}
