using System.Net.Sockets;
using CodexOS.Platform.Egress;
using CodexOS.Sandbox.Native;
using Microsoft.Win32.SafeHandles;

namespace CodexOS.Sandbox.Egress;

/// <summary>
/// The only way out of one sandbox: a listener on its own loopback whose connections are served out here. Whoever reaches
/// the listener is that sandbox and no other, so nobody has to say who they are.
/// </summary>
internal sealed class EgressProxy : IAsyncDisposable
{
    /// <summary>The port inside.</summary>
    public const ushort Port = 3128;

    private readonly EgressSession _session;
    private readonly Socket _listener;
    private readonly TimeProvider _clock;
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _places;
    private readonly List<Task> _served = [];
    private readonly Task _accepting;

    private EgressProxy(EgressSession session, Socket listener, TimeProvider clock)
    {
        (_session, _listener, _clock) = (session, listener, clock);
        _places = new SemaphoreSlim(session.ConnectionsMax);
        _accepting = Task.Run(AcceptAsync);
    }

    /// <summary>Opens the way out for the sandbox of a process, before its program starts.</summary>
    /// <exception cref="IOException">It cannot be opened.</exception>
    public static EgressProxy Start(EgressSession session, SafeFileHandle process, TimeProvider clock) =>
        new(session, NetworkNamespace.Listen(process, Port), clock);

    /// <summary>What programs inside are told; by these most of them find the way.</summary>
    public static IEnumerable<(string Name, string Value)> Variables
    {
        get
        {
            var address = $"http://127.0.0.1:{Port}";
            foreach (var name in (string[])["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"])
            {
                yield return (name, address);
                yield return (name.ToLowerInvariant(), address);
            }

            yield return ("NO_PROXY", "localhost,127.0.0.1,::1");
            yield return ("no_proxy", "localhost,127.0.0.1,::1");
            yield return ("NODE_USE_ENV_PROXY", "1");
        }
    }

    /// <summary>Closes the way out, with all that goes through it.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting;
        await Task.WhenAll(_served);
        _places.Dispose();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                await _places.WaitAsync(_stop.Token);
                var socket = await _listener.AcceptAsync(_stop.Token);
                _served.RemoveAll(static task => task.IsCompletedSuccessfully);
                _served.Add(Task.Run(() => ServeAsync(socket)));
            }
        }
        catch (Exception ended) when (ended is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The sandbox has ended.
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        try
        {
            using var connection = new ProxyConnection(_session, socket, _clock);
            await connection.ServeAsync(_stop.Token);
        }
        finally
        {
            _places.Release();
        }
    }
}
