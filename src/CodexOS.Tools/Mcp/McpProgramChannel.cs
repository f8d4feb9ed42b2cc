using System.Buffers;
using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Text.Json;
using System.Text.Json.Nodes;
using CodexOS.Platform.Faults;
using CodexOS.Tools.Connections;
using CodexOS.Tools.Contracts;

namespace CodexOS.Tools.Mcp;

/// <summary>
/// A server that is a program in a sandbox: each message is a line on its standard input or output. One loop reads what it
/// writes and hands each answer to whoever waits for it; a line that is too long, or more noise than is borne, ends it.
/// </summary>
internal sealed class McpProgramChannel : IMcpChannel, IAsyncDisposable
{
    private const int NoiseMax = 1_000;
    private const int SettledAfter = 2;
    private static readonly TimeSpan CallOffTimeMax = TimeSpan.FromSeconds(2);

    private readonly IHostedProgram _program;
    private readonly int _lineBytesMax;
    private readonly int _messagesMax;
    private readonly TimeProvider _clock;
    private readonly SemaphoreSlim _turn = new(1);
    private readonly CancellationTokenSource _ending = new();
    private readonly ConcurrentDictionary<long, Waiting> _waiting = new();
    private readonly Task _reading;
    private Fault? _over;
    private long _ids;
    private int _messages;
    private int _answers;
    private bool _hasChanged;

    public McpProgramChannel(IHostedProgram program, int lineBytesMax, int messagesMax, TimeProvider clock)
    {
        (_program, _lineBytesMax, _messagesMax, _clock) = (program, lineBytesMax, messagesMax, clock);
        _reading = Task.Run(ReadAsync);
    }

    /// <summary>Whether the program has ended, or is not listened to any more.</summary>
    public bool IsOver => Volatile.Read(ref _over) is not null;

    public long NextId() => Interlocked.Increment(ref _ids);

    public void Speak(string version)
    {
        // Messages of a program have no headers that would tell it.
    }

    public async Task<Result<McpAnswer>> RequestAsync(
        McpRequest request, McpExchange exchange, CancellationToken cancellationToken)
    {
        var waiting = new Waiting(exchange);
        _waiting[request.Id] = waiting;
        try
        {
            if (Volatile.Read(ref _over) is { } over) return over;
            if (_hasChanged) exchange.Notified(new McpIncoming.Notification("notifications/tools/list_changed", default));
            Interlocked.Exchange(ref _messages, 0);
            if (await WriteAsync(McpProtocol.Message(request), cancellationToken) is { } fault) return fault;
            return await waiting.Answer.Task.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            using var timeUp = new CancellationTokenSource(CallOffTimeMax, _clock);
            Task told = NotifyAsync(
                    McpProtocol.Notification("notifications/cancelled", new JsonObject { ["requestId"] = request.Id }), timeUp.Token);
            await told.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            throw;
        }
        finally
        {
            _waiting.TryRemove(request.Id, out _);
        }
    }

    public async Task<Result<Done>> NotifyAsync(JsonObject notification, CancellationToken cancellationToken) =>
        await WriteAsync(notification, cancellationToken) is { } fault ? fault : Done.Value;

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        await _program.DisposeAsync();
        await _reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        _ending.Dispose();
        _turn.Dispose();
    }

    private async Task<Fault?> WriteAsync(JsonObject message, CancellationToken cancellationToken)
    {
        byte[] line = [.. McpProtocol.Write(message), (byte)'\n'];
        await _turn.WaitAsync(cancellationToken);
        try
        {
            // A line is written as a whole or not at all; who gives up in the middle has broken the program's input.
            await _program.Input.WriteAsync(line, _ending.Token).AsTask().WaitAsync(cancellationToken);
            await _program.Input.FlushAsync(_ending.Token);
            return null;
        }
        catch (Exception closed) when (closed is IOException or ObjectDisposedException
            || (closed is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return Volatile.Read(ref _over) ?? McpFaults.Exited(await HowItEndedAsync());
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task ReadAsync()
    {
        var fault = await ReadLinesAsync();
        Volatile.Write(ref _over, fault);
        foreach (var waiting in _waiting.Values) waiting.Answer.TrySetResult(fault);
        await _program.DisposeAsync();
    }

    private async Task<Fault> ReadLinesAsync()
    {
        var reader = PipeReader.Create(_program.Output);
        var noise = 0;
        try
        {
            while (true)
            {
                var read = await reader.ReadAsync(_ending.Token);
                var buffer = read.Buffer;
                while (buffer.PositionOf((byte)'\n') is { } end)
                {
                    var line = buffer.Slice(0, end).ToArray();
                    buffer = buffer.Slice(buffer.GetPosition(1, end));
                    if (line.Length > _lineBytesMax) return TooLong();
                    if (line.AsSpan().Trim((byte)' ').Trim((byte)'\r').IsEmpty) continue;
                    if (Interlocked.Increment(ref _messages) > _messagesMax)
                        return McpFaults.TooMany("messages before its answer", _messagesMax, $"{McpOptions.Section}:{nameof(McpOptions.MessagesMax)}");
                    if (!await TakeAsync(line) && ++noise > NoiseMax)
                        return McpFaults.BadAnswer("its program writes lines that are no messages");
                }

                if (buffer.Length > _lineBytesMax) return TooLong();
                reader.AdvanceTo(buffer.Start, buffer.End);
                if (read.IsCompleted) return McpFaults.Exited(await HowItEndedAsync());
            }
        }
        catch (Exception closed) when (closed is IOException or OperationCanceledException or ObjectDisposedException)
        {
            return McpFaults.Exited(_ending.IsCancellationRequested ? "it was ended here" : await HowItEndedAsync());
        }
        finally
        {
            await reader.CompleteAsync();
        }
    }

    /// <summary>Takes a line in; false if it is no message.</summary>
    private async Task<bool> TakeAsync(byte[] line)
    {
        switch (JsonReading.Parse(line) is { } json ? McpProtocol.Read(json) : null)
        {
            case McpIncoming.Response response:
                _answers++;
                // An answer that nobody waits for, or that comes twice, is nobody's.
                if (response.Id.ValueKind is JsonValueKind.Number && response.Id.TryGetInt64(out var id)
                    && _waiting.TryRemove(id, out var waiting)) waiting.Answer.TrySetResult(response.Answer);
                return true;
            case McpIncoming.Notification told:
                Notified(told);
                return true;
            case McpIncoming.Request asked:
                await AnswerAsync(asked);
                return true;
            default:
                return false;
        }
    }

    private void Notified(McpIncoming.Notification told)
    {
        if (told.Method.EndsWith("/list_changed", StringComparison.Ordinal))
        {
            // While a program finds out who it is talking to it says so of itself, and nothing has changed for anybody.
            if (_answers < SettledAfter) return;
            _hasChanged = true;
        }

        if (told.Parameters.ValueKind is JsonValueKind.Object && told.Parameters.TryGetProperty("progressToken", out var token)
            && token.ValueKind is JsonValueKind.Number && token.TryGetInt64(out var id))
        {
            if (_waiting.TryGetValue(id, out var waiting)) waiting.Exchange.Notified(told);
            return;
        }

        foreach (var waiting in _waiting.Values) waiting.Exchange.Notified(told);
    }

    private async Task AnswerAsync(McpIncoming.Request asked)
    {
        // What it asks belongs to a call. With several under way nobody can say to which, so that all of them hear of a
        // question, and none of them has a person or the run's model answer one.
        var exchanges = _waiting.Values.Select(static waiting => waiting.Exchange).ToList();
        if (exchanges.Count < 2 || asked.Method != McpProtocol.Elicitation)
        {
            var exchange = exchanges is [var only] ? only : McpExchange.Silent;
            await exchange.TakeAsync(asked, (answer, token) => ReplyAsync(asked, answer, token), _ending.Token);
            return;
        }

        JsonObject declined = [];
        foreach (var exchange in exchanges)
            declined = exchange.Decline(asked.Parameters, "several calls were under way and nobody can say which of them it is for");
        await ReplyAsync(asked, declined, _ending.Token);
    }

    private Task<Fault?> ReplyAsync(McpIncoming.Request asked, JsonObject answer, CancellationToken cancellationToken)
    {
        answer["jsonrpc"] = "2.0";
        answer["id"] = JsonNode.Parse(asked.Id.GetRawText());
        return WriteAsync(answer, cancellationToken);
    }

    private async Task<string> HowItEndedAsync()
    {
        using var timeUp = new CancellationTokenSource(CallOffTimeMax, _clock);
        try
        {
            return PlainText.Line(await _program.Ended.WaitAsync(timeUp.Token), 500);
        }
        catch (OperationCanceledException)
        {
            return "it has closed its output";
        }
    }

    private Fault TooLong() => McpFaults.TooLarge(_lineBytesMax);

    private sealed record Waiting(McpExchange Exchange)
    {
        public TaskCompletionSource<Result<McpAnswer>> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
