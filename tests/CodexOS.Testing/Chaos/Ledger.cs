using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using CodexOS.Runs.Contracts;

namespace CodexOS.Testing.Chaos;

/// <summary>
/// The world that effects reach: a service of its own on a unix socket, outside of every process that is killed. It
/// counts each attempt, lets a keyed effect take place once however often it is asked, as a real idempotent API does, and
/// lets any other take place again.
/// </summary>
internal sealed class Ledger : IAsyncDisposable
{
    private const int ConnectionsMax = 512;
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _places = new(ConnectionsMax);
    private readonly ConcurrentDictionary<string, LedgerEntry> _entries = new(StringComparer.Ordinal);
    private readonly Task _accepting;
    private int _receipts;

    public Ledger(string path)
    {
        Path = path;
        _listener.Bind(new UnixDomainSocketEndPoint(path));
        _listener.Listen(ConnectionsMax);
        _accepting = AcceptAsync();
    }

    /// <summary>The socket.</summary>
    public string Path { get; }

    /// <summary>Everything that was ever asked for, by idempotency key.</summary>
    public IReadOnlyDictionary<string, LedgerEntry> Entries => _entries;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            await _places.WaitAsync(_stop.Token);
            _ = ServeAsync(await _listener.AcceptAsync(_stop.Token));
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        try
        {
            await using var stream = new NetworkStream(socket, ownsSocket: true);
            using var reader = new StreamReader(stream, Encoding.ASCII);
            while (await reader.ReadLineAsync(_stop.Token) is { } line)
            {
                var words = line.Split(' ');
                var answer = words switch
                {
                    ["perform", var repeat, var key, var node, var ms] => await PerformAsync(
                        Enum.Parse<RepeatClass>(repeat), key, node, int.Parse(ms, CultureInfo.InvariantCulture)),
                    ["probe", var key] => await ProbeAsync(key),
                    _ => throw new InvalidDataException($"The ledger was asked for '{line}'."),
                };
                await stream.WriteAsync(Encoding.ASCII.GetBytes(answer + "\n"), _stop.Token);
            }
        }
        catch (Exception gone) when (gone is IOException or SocketException or OperationCanceledException)
        {
            // Whoever asked was killed; what it asked for has taken place all the same.
        }
        finally
        {
            _places.Release();
        }
    }

    /// <summary>Half of the time passes before the effect and half after it, so that a kill can come on either side.</summary>
    private async Task<string> PerformAsync(RepeatClass repeat, string key, string node, int ms)
    {
        var entry = _entries.GetOrAdd(key, _ => new LedgerEntry(key, repeat));
        await entry.Turn.WaitAsync(_stop.Token);
        try
        {
            var half = TimeSpan.FromMilliseconds(ms / 2.0);
            entry.Nodes.Enqueue(node);
            await Task.Delay(half, TimeProvider.System, _stop.Token);
            if (entry.Receipt == 0) entry.Receipt = Interlocked.Increment(ref _receipts);
            if (repeat is not RepeatClass.Keyed || entry.Effects == 0) entry.Effects++;
            await Task.Delay(half, TimeProvider.System, _stop.Token);
            return $"done {entry.Receipt}";
        }
        finally
        {
            entry.Turn.Release();
        }
    }

    /// <summary>What is under way is waited for: an answer that could be overtaken would be none.</summary>
    private async Task<string> ProbeAsync(string key)
    {
        if (!_entries.TryGetValue(key, out var entry)) return "not";
        await entry.Turn.WaitAsync(_stop.Token);
        try
        {
            return entry.Effects > 0 ? $"took {entry.Receipt}" : "not";
        }
        finally
        {
            entry.Turn.Release();
        }
    }
}

/// <summary>What the ledger knows of one idempotency key.</summary>
/// <param name="key">The key, <c>run:step:occurrence</c>.</param>
/// <param name="repeat">What its step declared.</param>
internal sealed class LedgerEntry(string key, RepeatClass repeat)
{
    public string Key => key;

    public RepeatClass Repeat => repeat;

    /// <summary>Who asked, each time.</summary>
    public ConcurrentQueue<string> Nodes { get; } = new();

    public int Attempts => Nodes.Count;

    /// <summary>How often it took place.</summary>
    public int Effects { get; set; }

    /// <summary>The number of its first effect, which every later answer repeats.</summary>
    public int Receipt { get; set; }

    internal SemaphoreSlim Turn { get; } = new(1);
}
