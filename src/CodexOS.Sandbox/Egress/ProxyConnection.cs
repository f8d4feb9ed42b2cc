using System.Buffers;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using CodexOS.Platform.Egress;
using CodexOS.Platform.Faults;

namespace CodexOS.Sandbox.Egress;

/// <summary>
/// One connection of a sandboxed program to the proxy, with one request: 1. the head is read, 2. the guard decides and
/// connects, 3. for a tunnel, the name inside TLS is held against the host, 4. bytes are passed on until either side ends,
/// is silent for too long, or a limit is reached. Whatever is refused is answered with a status, a code and a sentence.
/// </summary>
internal sealed class ProxyConnection : IDisposable
{
    private const int BufferBytes = 16 * 1_024;

    private static readonly HashSet<string> s_notPassedBack = new(StringComparer.OrdinalIgnoreCase)
    {
        "Connection", "Keep-Alive", "Proxy-Connection", "Proxy-Authenticate", "Transfer-Encoding", "Trailer", "Upgrade", "Alt-Svc",
    };

    private static readonly EgressClientSettings s_asItIs = new() { Decompresses = false };

    private readonly EgressSession _session;
    private readonly NetworkStream _client;
    private readonly Inbound _inbound;
    private readonly CancellationTokenSource _silence;
    private readonly CancellationTokenSource _timeUp;

    public ProxyConnection(EgressSession session, Socket socket, TimeProvider clock)
    {
        _session = session;
        socket.NoDelay = true;
        _client = new NetworkStream(socket, ownsSocket: true);
        _inbound = new Inbound(_client, session.HeadBytesMax);
        _silence = new CancellationTokenSource(session.SilenceMax, clock);
        _timeUp = new CancellationTokenSource(session.RequestTimeMax, clock);
    }

    public async Task ServeAsync(CancellationToken stop)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stop, _timeUp.Token, _silence.Token);
        try
        {
            // 1.
            if (!(await _inbound.ReadHeadAsync(ended.Token)).TryGet(out var bytes, out var fault))
            {
                await AnswerAsync(_session.Refuse("?", 0, "request", fault), ended.Token);
                return;
            }

            if (bytes.IsEmpty) return;
            if (!RequestHead.Parse(bytes).TryGet(out var head, out fault))
            {
                await AnswerAsync(_session.Refuse("?", 0, "request", fault), ended.Token);
                return;
            }

            // 2 to 4.
            if (head.IsTunnel) await TunnelAsync(head, ended.Token);
            else await ForwardAsync(head, ended.Token);
        }
        catch (Exception broken) when (
            broken is IOException or SocketException or OperationCanceledException or HttpRequestException
            or ObjectDisposedException)
        {
            // Either side left, or a limit ended it. The connection is closed, which is all there is to say.
        }
    }

    public void Dispose()
    {
        _client.Dispose();
        _silence.Dispose();
        _timeUp.Dispose();
    }

    private async Task TunnelAsync(RequestHead head, CancellationToken cancellationToken)
    {
        // 2.
        var opened = await _session.OpenTunnelAsync(head.Host, head.Port, cancellationToken);
        if (!opened.TryGet(out var tunnel, out var fault))
        {
            await AnswerAsync(fault, cancellationToken);
            return;
        }

        using (tunnel)
        {
            await _client.WriteAsync("HTTP/1.1 200 Connection established\r\n\r\n"u8.ToArray(), cancellationToken);
            // 3.
            var greeting = new byte[ClientHello.BytesMax + 1];
            var count = 0;
            var verdict = HelloVerdict.Incomplete;
            while (verdict is HelloVerdict.Incomplete && count < greeting.Length)
            {
                var more = await _inbound.ReadAsync(greeting.AsMemory(count), cancellationToken);
                if (more == 0) break;
                count += more;
                verdict = ClientHello.Check(greeting.AsSpan(0, count), tunnel.Host.Ascii);
            }

            if (verdict is not HelloVerdict.Fits)
            {
                if (count == 0) return;
                _ = tunnel.Refuse(verdict is HelloVerdict.OtherName
                    ? EgressFaults.NameMismatch(tunnel.Host) : EgressFaults.NameUnseen(tunnel.Host));
                await _client.WriteAsync(ClientHello.Alert.ToArray(), cancellationToken);
                return;
            }

            // 4.
            await tunnel.Stream.WriteAsync(greeting.AsMemory(0, count), cancellationToken);
            await RelayAsync(tunnel, cancellationToken);
        }
    }

    private async Task RelayAsync(EgressTunnel tunnel, CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var outward = PumpAsync(_inbound.ReadAsync, tunnel.Stream, tunnel.EndSending, either);
        var inward = PumpAsync(
            tunnel.Stream.ReadAsync, _client, () => _client.Socket.Shutdown(SocketShutdown.Send), either);
        await Task.WhenAll(outward, inward);
    }

    private async Task PumpAsync(
        Func<Memory<byte>, CancellationToken, ValueTask<int>> read, Stream into, Action end, CancellationTokenSource either)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        var isWhole = false;
        try
        {
            for (int count; (count = await read(buffer, either.Token)) > 0;)
            {
                Heard();
                await into.WriteAsync(buffer.AsMemory(0, count), either.Token);
            }

            end();
            isWhole = true;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
            // What broke one direction ends the other.
            if (!isWhole) await either.CancelAsync();
        }
    }

    private async Task ForwardAsync(RequestHead head, CancellationToken cancellationToken)
    {
        // 2. The name is read here as well, so that the address is built of what was meant.
        if (!HostName.Parse(head.Host.Span).TryGet(out var host, out var fault))
        {
            var given = Encoding.Latin1.GetString(head.Host.Span);
            await AnswerAsync(_session.Refuse(given, head.Port, head.Method, fault), cancellationToken);
            return;
        }

        using var request = RequestOf(head, host);
        var sent = await _session.SendAsync(request, s_asItIs, cancellationToken);
        if (!sent.TryGet(out var response, out fault))
        {
            await AnswerAsync(fault, cancellationToken);
            return;
        }

        // 4.
        using (response) await PassBackAsync(head, response, cancellationToken);
    }

    private HttpRequestMessage RequestOf(RequestHead head, HostName host)
    {
        var address = string.Create(CultureInfo.InvariantCulture, $"{head.Scheme}://{host}:{head.Port}{head.Path}");
        // The path is the host's business: it goes on as it came.
        var exact = new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true };
        var request = new HttpRequestMessage(new HttpMethod(head.Method), new Uri(address, in exact));
        if (!head.Body.IsEmpty)
        {
            request.Content = new StreamContent(new RequestBody(_inbound, head.Body.Length, ContinueAsync, Heard));
            if (head.Body.Length is { } length) request.Content.Headers.ContentLength = length;
            else request.Headers.TransferEncodingChunked = true;
        }

        foreach (var (name, value) in head.Headers)
        {
            if (!request.Headers.TryAddWithoutValidation(name, value))
                request.Content?.Headers.TryAddWithoutValidation(name, value);
        }

        return request;

        async Task ContinueAsync(CancellationToken token)
        {
            if (head.WantsContinue) await _client.WriteAsync("HTTP/1.1 100 Continue\r\n\r\n"u8.ToArray(), token);
        }
    }

    private async Task PassBackAsync(RequestHead head, HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var status = (int)response.StatusCode;
        var hasBody = head.Method != "HEAD" && status is >= 200 and not (204 or 304);
        var length = response.Content.Headers.ContentLength;
        var isChunked = hasBody && length is null && head.UnderstandsChunks;
        var text = new StringBuilder(1_024);
        text.Append(CultureInfo.InvariantCulture, $"HTTP/1.1 {status} {response.ReasonPhrase}\r\n");
        foreach (var (name, values) in response.Headers.NonValidated.Concat(response.Content.Headers.NonValidated))
        {
            if (s_notPassedBack.Contains(name)) continue;
            foreach (var value in values) text.Append(CultureInfo.InvariantCulture, $"{name}: {value}\r\n");
        }

        // One request, one connection: nothing can be smuggled behind it.
        text.Append(isChunked ? "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n" : "Connection: close\r\n\r\n");
        await _client.WriteAsync(Encoding.Latin1.GetBytes(text.ToString()), cancellationToken);
        if (!hasBody) return;

        await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            for (int count; (count = await body.ReadAsync(buffer, cancellationToken)) > 0;)
            {
                Heard();
                if (isChunked) await _client.WriteAsync(Encoding.ASCII.GetBytes($"{count:x}\r\n"), cancellationToken);
                await _client.WriteAsync(buffer.AsMemory(0, count), cancellationToken);
                if (isChunked) await _client.WriteAsync("\r\n"u8.ToArray(), cancellationToken);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        if (isChunked) await _client.WriteAsync("0\r\n\r\n"u8.ToArray(), cancellationToken);
    }

    private async Task AnswerAsync(Fault fault, CancellationToken cancellationToken)
    {
        var status = FaultTable.Of(fault.Kind).HttpStatus;
        var body = Encoding.UTF8.GetBytes($"{fault.Message} ({fault.Code})\n");
        var head = string.Create(
            CultureInfo.InvariantCulture,
            $"HTTP/1.1 {status} {fault.Code}\r\nContent-Type: text/plain; charset=utf-8\r\nX-CodexOS-Fault: {fault.Code}\r\n"
            + $"Content-Length: {body.Length}\r\nConnection: close\r\n\r\n");
        await _client.WriteAsync(Encoding.ASCII.GetBytes(head), cancellationToken);
        await _client.WriteAsync(body, cancellationToken);
        // What the client still sends is read, so that the answer is not lost with a reset.
        _client.Socket.Shutdown(SocketShutdown.Send);
        var rest = new byte[1_024];
        for (var left = 64; left > 0 && await _inbound.ReadAsync(rest, cancellationToken) > 0; left--)
        {
        }
    }

    /// <summary>Something moved: the silence begins anew.</summary>
    private void Heard() => _silence.CancelAfter(_session.SilenceMax);
}
