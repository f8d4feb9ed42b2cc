using Microsoft.Extensions.Hosting;

namespace CodexOS.Platform.Modules;

/// <summary>Lets work that nobody waits for begin once the server serves, so that it takes nothing from the start.</summary>
public static class ServerStart
{
    /// <summary>Waits until everything has started.</summary>
    /// <exception cref="OperationCanceledException">The server is stopped before.</exception>
    public static async Task WhenStartedAsync(this IHostApplicationLifetime lifetime, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(lifetime);
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = lifetime.ApplicationStarted.Register(started.SetResult);
        await started.Task.WaitAsync(cancellationToken);
    }
}
