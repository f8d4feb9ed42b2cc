using Microsoft.Extensions.Logging;

namespace CodexOS.Runs.Cluster;

/// <summary>
/// Ends the process at once when the other nodes have declared it dead, or when its part of the cluster is broken: its
/// runs are being driven elsewhere, and a supervisor starts it anew as another node.
/// </summary>
internal sealed partial class EndWhenDead(ILogger<EndWhenDead> log) : IFatalErrorHandler
{
    /// <summary>A failure that goes away by itself (EX_TEMPFAIL of sysexits.h): start me again.</summary>
    public const int ExitCode = 75;

    private static readonly TimeSpan s_loggersTime = TimeSpan.FromMilliseconds(300);
    private int _ending;

    public bool IsUnexpected(Exception exception) => true;

    public void OnFatalException(object? sender = null, string? context = null, Exception? exception = null)
    {
        if (Interlocked.Exchange(ref _ending, 1) == 1) return;
        LogDead(exception, context ?? "The cluster's part of the process failed.");
        Console.Error.WriteLine(
            $"codexos: This node no longer belongs to the cluster and ends, to be started anew. {context}");
        // Nothing of this process may go on, so there is no orderly stop; the log's writer gets a moment for its last line.
        new Thread(static () =>
        {
            using var never = new ManualResetEventSlim();
            never.Wait(s_loggersTime);
            Environment.Exit(ExitCode);
        })
        { IsBackground = true, Name = "codexos-end" }.Start();
    }

    [LoggerMessage(
        Level = LogLevel.Critical,
        Message = "This node no longer belongs to the cluster and ends, to be started anew. {Context}")]
    private partial void LogDead(Exception? exception, string context);
}
