using System.Collections.Concurrent;
using System.Net.Security;
using System.Net.Sockets;
using CodexOS.Platform.Faults;
using Microsoft.Extensions.Logging;

namespace CodexOS.Platform.Egress;

/// <summary>
/// What one step of a run does with the network: decisions by its grant, connections to addresses that were looked up once
/// and checked, limits, and the record of it all.
/// </summary>
public sealed partial class EgressSession : IDisposable
{
    /// <summary>How tunnels are named in the record.</summary>
    internal const string TunnelKind = "tunnel";

    private const int AddressesTriedMax = 8;

    private readonly EgressDoor _door;
    private readonly EgressPolicy _policy;
    private readonly EgressScope _scope;
    private readonly EgressLog _log;
    private readonly ConcurrentDictionary<EgressClientSettings, HttpMessageHandler> _handlers = new();
    private int _open;
    private int _asked;
    private int _isSpent;

    internal EgressSession(EgressDoor door, EgressPolicy policy, EgressScope scope, bool isOpen)
    {
        (_door, _policy, _scope, IsOpen) = (door, policy, scope, isOpen);
        _log = new EgressLog(door.Options.DecisionsMax);
    }

    /// <summary>Whether anything can be reached at all.</summary>
    public bool IsOpen { get; }

    /// <summary>How long a connection may be silent.</summary>
    public TimeSpan SilenceMax => _door.Options.SilenceMax;

    /// <summary>How long one request or tunnel may take.</summary>
    public TimeSpan RequestTimeMax => _door.Options.RequestTimeMax;

    /// <summary>Largest head of a request or answer, in bytes.</summary>
    public int HeadBytesMax => _door.Options.HeadBytesMax;

    /// <summary>Most connections open at once.</summary>
    public int ConnectionsMax => _door.Options.ConnectionsMax;

    internal EgressOptions Options => _door.Options;

    internal TimeProvider Clock => _door.Clock;

    internal SslClientAuthenticationOptions Tls => new() { CertificateChainPolicy = _door.Trust.Policy() };

    /// <summary>
    /// A client whose every request is decided by the grant. It follows no redirects: each is a request of its own. Its
    /// exceptions hold the fault (<see cref="EgressFaults.Of"/>). Dispose of it; the session keeps its connections.
    /// </summary>
    public HttpClient CreateClient(EgressClientSettings? settings = null) =>
        new(HandlerOf(settings ?? new EgressClientSettings()), disposeHandler: false)
        {
            Timeout = Timeout.InfiniteTimeSpan, // The handler knows the times.
        };

    /// <summary>Makes one request, and answers with the fault where a client would throw. The body is not read yet.</summary>
    public async Task<Result<HttpResponseMessage>> SendAsync(
        HttpRequestMessage request, EgressClientSettings settings, CancellationToken cancellationToken)
    {
        using var client = CreateClient(settings);
        try
        {
            return await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        }
        catch (HttpRequestException error) when (EgressFaults.Of(error) is not null)
        {
            return EgressFaults.Of(error)!;
        }
    }

    /// <summary>
    /// Opens a connection for TLS whose inside nobody here sees. The caller relays it, and must have seen that the name in
    /// its TLS greeting is the host's before anything is sent.
    /// </summary>
    /// <param name="givenHost">The host, as bytes that came from somebody who is not trusted.</param>
    /// <param name="port">The port.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<Result<EgressTunnel>> OpenTunnelAsync(
        ReadOnlyMemory<byte> givenHost, int port, CancellationToken cancellationToken)
    {
        if (!HostName.Parse(givenHost.Span).TryGet(out var host, out var fault))
            return Refuse(System.Text.Encoding.Latin1.GetString(givenHost.Span), port, TunnelKind, fault);
        if (!TryAsk(out fault) || !_policy.DecideTunnel(host, port).TryGet(out var rule, out fault))
            return Refuse(host.Ascii, port, TunnelKind, fault);
        if (!(await DialAsync(host, port, TunnelKind, cancellationToken)).TryGet(out var socket, out fault)) return fault;
        var line = Note(host.Ascii, port, TunnelKind, EgressOutcome.Allowed, rule.ToString());
        return new EgressTunnel(this, host, port, new MeteredStream(socket, this, line));
    }

    /// <summary>Notes a request that was refused before it came to a decision, for instance because it is malformed.</summary>
    public Fault Refuse(string host, int port, string kind, Fault fault)
    {
        ArgumentNullException.ThrowIfNull(fault);
        _ = Note(host, port, kind, EgressOutcome.Denied, fault.Code);
        return fault;
    }

    /// <summary>What was done so far; null if nothing was.</summary>
    public EgressSummary? Summary() => _log.IsEmpty ? null : _log.Summary();

    /// <inheritdoc />
    public void Dispose()
    {
        foreach (var handler in _handlers.Values) handler.Dispose();
    }

    /// <summary>Decides on a request: by rule, by the client's own target, then by what its secret may do.</summary>
    internal async ValueTask<Result<(EgressRule Rule, SecretHeader? Secret)>> DecideAsync(
        HostName host, int port, string method, bool isEncrypted, EgressRule? target, CancellationToken cancellationToken)
    {
        if (!TryAsk(out var fault) || !_policy.Decide(host, port, method).TryGet(out var rule, out fault))
            return Refuse(host.Ascii, port, method, fault);
        if (target is not null && !(target.IsFor(host) && target.IsFor(port)))
            return Refuse(host.Ascii, port, method, EgressFaults.NotTheTarget(host));
        if ((target?.Secret ?? rule.Secret) is not { } name) return (rule, null);
        var read = await _door.Secrets.ReadAsync(name, _scope.Tenant, host, isEncrypted, cancellationToken);
        if (!read.TryGet(out var secret, out fault))
            return Refuse(host.Ascii, port, method, fault);
        return (rule, secret);
    }

    /// <summary>Whether a rule lets a method through, without noting it.</summary>
    internal bool Lets(HostName host, int port, string method) => _policy.Decide(host, port, method).IsOk;

    /// <summary>Looks a host up once, refuses it if any of its addresses is not public, and connects to one of them.</summary>
    internal async Task<Result<Socket>> DialAsync(HostName host, int port, string kind, CancellationToken cancellationToken)
    {
        if (Interlocked.Increment(ref _open) > ConnectionsMax)
        {
            Interlocked.Decrement(ref _open);
            return Refuse(host.Ascii, port, kind, EgressFaults.Limit($"{ConnectionsMax} connections at once"));
        }

        var began = Clock.GetTimestamp();
        Socket? socket = null;
        try
        {
            using var timeUp = new CancellationTokenSource(Options.ConnectTimeMax, Clock);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(timeUp.Token, cancellationToken);
            var outcome = await ConnectAsync(host, port, either.Token);
            if (!outcome.TryGet(out socket, out var fault))
            {
                var how = fault.Kind is FaultKind.NotAllowed ? EgressOutcome.Denied : EgressOutcome.Failed;
                _ = Note(host.Ascii, port, kind, how, fault.Code);
                return fault;
            }

            _door.Telemetry.Opened(Clock.GetElapsedTime(began));
            return socket;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            _ = Note(host.Ascii, port, kind, EgressOutcome.Failed, "egress.timed_out");
            return EgressFaults.TimedOut(host);
        }
        finally
        {
            if (socket is null) Interlocked.Decrement(ref _open);
        }
    }

    /// <summary>Notes a decision, in the record, in the metrics and, the first of its kind, in the log.</summary>
    internal EgressLog.Line Note(
        string host, int port, string kind, EgressOutcome outcome, string rule, bool withSecret = false)
    {
        var (line, isFirst) = _log.Add(host, port, kind, outcome, rule, withSecret);
        // A rule's text is the author's: as a metric's tag there would be no end of them.
        var tag = outcome is EgressOutcome.Allowed ? rule.StartsWith('*') ? "wide" : "exact" : rule;
        _door.Telemetry.Decided(kind is TunnelKind ? kind : "request", outcome, tag);
        if (isFirst && outcome is EgressOutcome.Denied) LogDenied(_door.Log, rule, kind, _scope.Subject);
        return line;
    }

    /// <summary>The line that takes the bytes of a connection, without counting a decision.</summary>
    internal EgressLog.Line LineOf(string host, int port, string kind, string rule, bool withSecret) =>
        _log.LineOf(host, port, kind, EgressOutcome.Allowed, rule, withSecret);

    /// <summary>Counts bytes.</summary>
    /// <exception cref="EgressException">The step has used up its bytes.</exception>
    internal void Meter(EgressLog.Line line, long sent, long received)
    {
        _log.Moved(line, sent, received);
        _door.Telemetry.Moved(sent, received);
        if (_log.Bytes <= Options.BytesMax) return;
        var fault = EgressFaults.Limit($"{Options.BytesMax} bytes");
        if (Interlocked.Exchange(ref _isSpent, 1) == 0)
            _ = Note(line.Host, line.Port, line.Kind, EgressOutcome.Denied, fault.Code);
        throw new EgressException(fault);
    }

    internal void Closed()
    {
        Interlocked.Decrement(ref _open);
        _door.Telemetry.Closed();
    }

    private HttpMessageHandler HandlerOf(EgressClientSettings settings) =>
        _handlers.GetOrAdd(settings, static (given, session) => GuardedHandler.Make(session, given), this);

    private bool TryAsk(out Fault fault)
    {
        fault = EgressFaults.Limit($"{Options.RequestsMax} requests");
        return Interlocked.Increment(ref _asked) <= Options.RequestsMax;
    }

    private async Task<Result<Socket>> ConnectAsync(HostName host, int port, CancellationToken cancellationToken)
    {
        var addresses = await _door.Resolver.ResolveAsync(host, cancellationToken);
        if (addresses.Count == 0) return EgressFaults.Unresolvable(host);
        var own = _door.Resolver.OwnAddresses();
        // All or nothing: a name that leads both outside and inside is up to no good.
        if (addresses.Any(address => AddressRules.WhyNot(address, own, _policy.Networks) is not null))
            return EgressFaults.PrivateAddress(host);

        foreach (var address in addresses.Take(AddressesTriedMax))
        {
            var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                await socket.ConnectAsync(address, port, cancellationToken);
                return socket;
            }
            catch (SocketException)
            {
                socket.Dispose();
            }
            catch (OperationCanceledException)
            {
                socket.Dispose();
                throw;
            }
        }

        return EgressFaults.Unreachable(host);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Egress of {Subject} was denied: {Code} ({Kind}).")]
    private static partial void LogDenied(ILogger log, string code, string kind, string subject);
}

/// <summary>A connection to a granted host, for TLS.</summary>
public sealed class EgressTunnel : IDisposable
{
    private readonly EgressSession _session;
    private readonly int _port;
    private readonly MeteredStream _stream;

    internal EgressTunnel(EgressSession session, HostName host, int port, MeteredStream stream) =>
        (_session, Host, _port, _stream) = (session, host, port, stream);

    /// <summary>The host; the name inside TLS must be this one.</summary>
    public HostName Host { get; }

    /// <summary>The connection. Its bytes count against the step's limit.</summary>
    public Stream Stream => _stream;

    /// <summary>Tells the host that nothing more will be sent; what it still sends can be read.</summary>
    public void EndSending()
    {
        try
        {
            _stream.Socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception closed) when (closed is SocketException or ObjectDisposedException)
        {
            // It is closed altogether.
        }
    }

    /// <summary>Notes that the tunnel was closed because of what came to be sent in it.</summary>
    public Fault Refuse(Fault fault) => _session.Refuse(Host.Ascii, _port, EgressSession.TunnelKind, fault);

    /// <inheritdoc />
    public void Dispose() => _stream.Dispose();
}
