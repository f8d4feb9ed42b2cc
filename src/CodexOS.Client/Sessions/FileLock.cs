using CodexOS.Client.Contracts;

namespace CodexOS.Client.Sessions;

/// <summary>
/// An exclusive lock between processes: an open file without sharing, which on Linux is <c>flock</c>. The kernel gives
/// it back when the holder ends, however it ends, so the file itself may stay.
/// </summary>
internal sealed class FileLock : IAsyncDisposable
{
    private const int WouldBlock = 11;
    private static readonly TimeSpan s_pollInterval = TimeSpan.FromMilliseconds(25);

    private readonly FileStream _file;

    private FileLock(FileStream file) => _file = file;

    public static async Task<FileLock> TakeAsync(
        string path, TimeSpan timeout, TimeProvider clock, CancellationToken cancellationToken)
    {
        var options = new FileStreamOptions
        {
            Mode = FileMode.OpenOrCreate,
            Access = FileAccess.ReadWrite,
            Share = FileShare.None,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        };
        var since = clock.GetTimestamp();
        while (true)
        {
            try
            {
                return new FileLock(new FileStream(path, options));
            }
            catch (IOException e) when (e.HResult == WouldBlock)
            {
                if (clock.GetElapsedTime(since) > timeout)
                {
                    throw new CodexOSException(
                        "client.credentials_locked",
                        FaultKind.Timeout,
                        $"Another process has held {path} for {timeout.TotalSeconds:0} s. End it and try again.",
                        e);
                }
            }

            await Task.Delay(s_pollInterval, clock, cancellationToken);
        }
    }

    public ValueTask DisposeAsync() => _file.DisposeAsync();
}
