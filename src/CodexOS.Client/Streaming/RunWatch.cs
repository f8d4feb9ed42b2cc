using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using CodexOS.Client.Contracts;
using CodexOS.Client.Http;

namespace CodexOS.Client.Streaming;

/// <summary>
/// Follows one run across lost connections and server restarts. It remembers the place of the last event and asks for
/// what comes after it, so that every event is delivered once and in order.
/// </summary>
internal sealed class RunWatch(
    Transport transport, CodexOSClientOptions client, WatchOptions options, string runId, long after) : IAsyncDisposable
{
    private readonly Uri _server = client.Server;
    private readonly string _path = $"api/v1/runs/{Query.Segment(runId)}";
    private HttpResponseMessage? _response;
    private SseReader? _reader;
    private long _last = after;
    private int _failures;
    private long? _connectedSince;
    private bool _hasTold;
    private TimeSpan _wait;
    private long? _outageSince;
    private bool _isAtEnd;
    private bool _isOver;

    /// <summary>The next update, or null when the run is over.</summary>
    public async Task<RunUpdate?> NextAsync(CancellationToken cancellationToken)
    {
        while (!_isOver)
        {
            try
            {
                if (_isAtEnd && await HasEndedAsync(cancellationToken)) break;
                if (_reader is null && await ConnectAsync(cancellationToken) is { } restored) return restored;
                if (await ReadAsync(cancellationToken) is { } update) return update;
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                throw;
            }
            catch (Exception e) when (OutageOf(e) is { } reason)
            {
                return Lost(reason, (e as CodexOSException)?.RetryAfter, e);
            }
        }

        return null;
    }

    public ValueTask DisposeAsync()
    {
        Disconnect();
        return ValueTask.CompletedTask;
    }

    // An end that was taken back by a retry or a rollback stands in the journal like one that was not. The run itself
    // tells which it is.
    private async Task<bool> HasEndedAsync(CancellationToken cancellationToken)
    {
        await WaitAsync(cancellationToken);
        var run = await transport.SendAsync(ApiCall.Get(_path), WireJson.Default.Run, cancellationToken);
        _isAtEnd = false;
        _isOver = run.IsOver && run.HeadSeq <= _last;
        return _isOver;
    }

    private async Task WaitAsync(CancellationToken cancellationToken)
    {
        if (_wait > TimeSpan.Zero) await Task.Delay(_wait, client.Clock, cancellationToken);
        _wait = TimeSpan.Zero;
    }

    private async Task<RunUpdate?> ConnectAsync(CancellationToken cancellationToken)
    {
        await WaitAsync(cancellationToken);
        var call = ApiCall.Get($"{_path}/events") with
        {
            Accept = "text/event-stream",
            Headers = _last < 0 ? [] : [new("Last-Event-ID", _last.ToString())],
        };
        _response = await transport.OpenAsync(call, cancellationToken);
        if (_response.Content.Headers.ContentType?.MediaType != "text/event-stream")
        {
            throw new CodexOSException(
                "client.bad_answer", FaultKind.Upstream, $"{_server} did not answer with an event stream.");
        }

        _reader = new SseReader(await _response.Content.ReadAsStreamAsync(cancellationToken), options, client.Clock);
        _connectedSince = client.Clock.GetTimestamp();
        if (!_hasTold) return null;
        _hasTold = false;
        return new ConnectionRestored();
    }

    private async Task<RunUpdate?> ReadAsync(CancellationToken cancellationToken)
    {
        var frame = await _reader!.ReadAsync(cancellationToken);
        if (frame is null)
        {
            Disconnect();
            // The stream ends after the run's last event. A watcher that began behind it sees the end only.
            if (!await HasEndedAsync(cancellationToken)) throw new IOException("the server ended the stream");
            return null;
        }

        if (frame.Id is null)
        {
            return frame.Event == "delta" ? Parse(frame, WireJson.Default.DeltaUpdate) : null;
        }

        var happened = Parse(frame, WireJson.Default.RunEvent);
        if (happened.Seq <= _last) return null;
        if (_last >= 0 && happened.Seq != _last + 1)
            throw new IOException($"the server skipped from event {_last} to {happened.Seq}");
        (_last, _failures, _wait, _outageSince) = (happened.Seq, 0, TimeSpan.Zero, null);
        _isAtEnd = happened.IsTerminal;
        return new JournalUpdate(happened);
    }

    private static T Parse<T>(SseFrame frame, JsonTypeInfo<T> type)
    {
        try
        {
            return JsonSerializer.Deserialize(frame.Data, type) ?? throw new JsonException("The event is null.");
        }
        catch (JsonException e)
        {
            throw new CodexOSException(
                "client.bad_answer",
                FaultKind.Upstream,
                $"The event {frame.Id} ({frame.Event}) is not what this client expects. Are the versions of server "
                    + "and client close?",
                e);
        }
    }

    // Waits grow with failures in a row; an event, or a connection that held for a while, begins the count anew.
    private ConnectionLost Lost(string reason, TimeSpan? asked, Exception cause)
    {
        Disconnect();
        var clock = client.Clock;
        if (_connectedSince is { } since && clock.GetElapsedTime(since) > options.RetryDelayMax)
            (_failures, _outageSince) = (0, null);
        (_connectedSince, _hasTold) = (null, true);
        _outageSince ??= clock.GetTimestamp();
        var outage = clock.GetElapsedTime(_outageSince.Value);
        if (outage > options.OutageMax)
        {
            throw new CodexOSException(
                "client.stream_lost",
                FaultKind.Unavailable,
                $"{_server} could not be reached for {outage.TotalMinutes:0} min ({reason}). The run is not affected; "
                    + "watch it again when the server is back.",
                cause);
        }

        var grown = options.RetryDelay * Math.Pow(2, Math.Min(_failures, 20));
        _wait = grown > options.RetryDelayMax ? options.RetryDelayMax : grown;
        if (asked > _wait) _wait = asked.Value;
        return new ConnectionLost(reason, ++_failures, _wait);
    }

    private static string? OutageOf(Exception e) => e switch
    {
        CodexOSException failure => Failures.IsOutage(failure) ? failure.Message : null,
        IOException or HttpRequestException or TimeoutException => e.Message,
        _ => null,
    };

    private void Disconnect()
    {
        _response?.Dispose();
        (_response, _reader) = (null, null);
    }
}
