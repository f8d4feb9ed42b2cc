using System.Buffers.Binary;
using System.Net.Sockets;

namespace CodexOS.Testing.Chaos;

/// <summary>
/// Stands between the servers and PostgreSQL. Once armed it lets the next large statement through to its very end, keeps
/// the answer, and cuts the connection: PostgreSQL has committed, and whoever asked cannot know. PostgreSQL says
/// <c>ReadyForQuery</c> after the commit of an implicit transaction, so a kept answer that ends with it is a commit.
/// </summary>
internal sealed class AnswerThief : IAsyncDisposable
{
    // A batch of events has more parameters than this; what is read and asked otherwise has not.
    private const int LargeBytes = 500;
    private const int ConnectionsMax = 400;
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _places = new(ConnectionsMax);
    private readonly string _server;
    private readonly Task _accepting;
    private int _armed;
    private int _stolen;

    /// <param name="directory">Where to listen.</param>
    /// <param name="serverDirectory">Where PostgreSQL listens.</param>
    public AnswerThief(string directory, string serverDirectory)
    {
        _server = SocketIn(serverDirectory);
        _listener.Bind(new UnixDomainSocketEndPoint(SocketIn(directory)));
        _listener.Listen(ConnectionsMax);
        _accepting = AcceptAsync();
    }

    /// <summary>How many commits lost their answer.</summary>
    public int Stolen => _stolen;

    /// <summary>Makes the next commit lose its answer.</summary>
    public void Arm() => Interlocked.Exchange(ref _armed, 1);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static string SocketIn(string directory) => Path.Combine(directory, ".s.PGSQL.5432");

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            await _places.WaitAsync(_stop.Token);
            _ = ServeAsync(await _listener.AcceptAsync(_stop.Token));
        }
    }

    private async Task ServeAsync(Socket client)
    {
        using var server = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await server.ConnectAsync(new UnixDomainSocketEndPoint(_server), _stop.Token);
            var theft = new Theft();
            await Task.WhenAny(AskAsync(client, server, theft), AnswerAsync(server, client, theft));
        }
        catch (Exception gone) when (gone is IOException or SocketException or OperationCanceledException)
        {
            // Either side was killed; the other is told by the end of its connection.
        }
        finally
        {
            client.Dispose();
            _places.Release();
        }
    }

    /// <summary>Passes statements on; a large one is chosen if the thief is armed.</summary>
    private async Task AskAsync(Socket client, Socket server, Theft theft)
    {
        var buffer = new byte[65_536];
        while (true)
        {
            var read = await client.ReceiveAsync(buffer, _stop.Token);
            if (read == 0) return;
            if (read > LargeBytes && Interlocked.CompareExchange(ref _armed, 0, 1) == 1) theft.Chosen = true;
            await SendAllAsync(server, buffer.AsMemory(0, read));
        }
    }

    private async Task AnswerAsync(Socket server, Socket client, Theft theft)
    {
        var buffer = new byte[65_536];
        var messages = new MessageReader();
        while (true)
        {
            var read = await server.ReceiveAsync(buffer, _stop.Token);
            if (read == 0) return;
            if (!theft.Chosen)
            {
                await SendAllAsync(client, buffer.AsMemory(0, read));
                continue;
            }

            if (!messages.EndsWithReady(buffer.AsSpan(0, read))) continue;
            if (!messages.Failed) Interlocked.Increment(ref _stolen);
            return;
        }
    }

    private async Task SendAllAsync(Socket socket, ReadOnlyMemory<byte> bytes)
    {
        while (bytes.Length > 0) bytes = bytes[await socket.SendAsync(bytes, _stop.Token)..];
    }

    private sealed class Theft
    {
        public volatile bool Chosen;
    }

    /// <summary>Walks over messages: a type, a length that counts itself, and so much content.</summary>
    private sealed class MessageReader
    {
        private const byte ReadyForQuery = (byte)'Z';
        private const byte ErrorResponse = (byte)'E';
        private readonly byte[] _header = new byte[5];
        private int _headerBytes;
        private int _rest;

        /// <summary>Whether there was an error among them: then nothing was committed.</summary>
        public bool Failed { get; private set; }

        /// <summary>Takes bytes in; true once an answer has ended.</summary>
        public bool EndsWithReady(ReadOnlySpan<byte> bytes)
        {
            while (bytes.Length > 0)
            {
                if (_rest > 0)
                {
                    var skip = Math.Min(_rest, bytes.Length);
                    bytes = bytes[skip..];
                    _rest -= skip;
                    continue;
                }

                _header[_headerBytes++] = bytes[0];
                bytes = bytes[1..];
                if (_headerBytes < _header.Length) continue;
                _headerBytes = 0;
                _rest = BinaryPrimitives.ReadInt32BigEndian(_header.AsSpan(1)) - 4;
                Failed |= _header[0] == ErrorResponse;
                if (_header[0] == ReadyForQuery) return true;
            }

            return false;
        }
    }
}
