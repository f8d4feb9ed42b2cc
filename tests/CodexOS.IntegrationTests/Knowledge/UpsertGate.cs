using System.Net;
using System.Net.Sockets;

namespace CodexOS.IntegrationTests.Knowledge;

/// <summary>
/// Stands before a Chroma server and passes everything on; what puts vectors can be held, so that a test meets a copy in the
/// middle however fast the machine is.
/// </summary>
internal sealed class UpsertGate : IAsyncDisposable
{
    private static readonly byte[] s_upsert = "/upsert HTTP/1.1"u8.ToArray();

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _closing = new();
    private readonly Lock _counting = new();
    private readonly Uri _target;
    private TaskCompletionSource _held = new(), _open = new();
    private int _left;

    public UpsertGate(Uri target)
    {
        _target = target;
        _listener.Start();
        _ = AcceptAsync();
    }

    public Uri Url => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");

    /// <summary>Holds one of the next requests that put vectors, and the answers to it, until it is let through.</summary>
    /// <returns>Completes when it is held.</returns>
    public Task HoldAsync(int number)
    {
        lock (_counting)
        {
            (_held, _open, _left) = (NewSignal(), NewSignal(), number);
            return _held.Task;
        }
    }

    public void LetThrough() => _open.TrySetResult();

    public async ValueTask DisposeAsync()
    {
        LetThrough();
        await _closing.CancelAsync();
        _listener.Dispose();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task AcceptAsync()
    {
        try
        {
            while (true) _ = PassAsync(await _listener.AcceptTcpClientAsync(_closing.Token));
        }
        catch (OperationCanceledException)
        {
            // The test is over.
        }
    }

    private async Task PassAsync(TcpClient client)
    {
        using var mine = client;
        using var server = new TcpClient();
        try
        {
            await server.ConnectAsync(IPAddress.Loopback, _target.Port, _closing.Token);
            var (here, there) = (client.GetStream(), server.GetStream());
            await Task.WhenAny(PassAsync(here, there, isCounted: true), PassAsync(there, here, isCounted: false));
        }
        catch (Exception error) when (error is IOException or SocketException or OperationCanceledException)
        {
            // One of the two has gone, and the other is told by the end of its connection.
        }
    }

    private async Task PassAsync(NetworkStream from, NetworkStream to, bool isCounted)
    {
        var buffer = new byte[64 * 1024];
        while (await from.ReadAsync(buffer, _closing.Token) is > 0 and var count)
        {
            if (isCounted && buffer.AsSpan(0, count).IndexOf(s_upsert) >= 0) await WaitAsync();
            await to.WriteAsync(buffer.AsMemory(0, count), _closing.Token);
        }
    }

    private Task WaitAsync()
    {
        lock (_counting)
        {
            if (_left == 0 || --_left > 0) return Task.CompletedTask;
            _held.TrySetResult();
            return _open.Task;
        }
    }
}
