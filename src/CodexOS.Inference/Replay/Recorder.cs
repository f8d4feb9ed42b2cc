using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using CodexOS.Inference.Chat;
using CodexOS.Inference.Contracts;
using CodexOS.Inference.Pipeline;
using CodexOS.Platform.Http;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace CodexOS.Inference.Replay;

/// <summary>Appends exchanges to the cassette that is being recorded, one line at a time.</summary>
internal sealed partial class Recorder(
    IOptions<InferenceOptions> options, Cassettes cassettes, Secrets secrets, ILogger<Recorder> logger) : IDisposable
{
    private static readonly JsonSerializerOptions Readable = new(Json.Options)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private readonly SemaphoreSlim _oneWriter = new(1, 1);

    /// <summary>Whether anything is recorded.</summary>
    public bool IsOn => options.Value.Cassettes.RecordTo is { Length: > 0 };

    /// <summary>Appends an exchange. A recording that cannot be written is logged and does not fail the call.</summary>
    public async Task AppendAsync(Exchange exchange, CancellationToken cancellationToken)
    {
        var name = options.Value.Cassettes.RecordTo!;
        var line = secrets.Redact(JsonSerializer.Serialize(exchange, Readable)) + "\n";
        await _oneWriter.WaitAsync(cancellationToken);
        try
        {
            var owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            Directory.CreateDirectory(cassettes.Folder, owner | UnixFileMode.UserExecute);
            await using var file = new FileStream(
                cassettes.PathOf(name)!,
                new FileStreamOptions { Mode = FileMode.Append, Access = FileAccess.Write, UnixCreateMode = owner });
            await file.WriteAsync(Encoding.UTF8.GetBytes(line), cancellationToken);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            NotRecorded(logger, failure, name);
        }
        finally
        {
            _oneWriter.Release();
        }
    }

    public void Dispose() => _oneWriter.Dispose();

    [LoggerMessage(
        EventName = "inference.not_written",
        Level = LogLevel.Error,
        Message = "An exchange could not be written to the cassette {Cassette}")]
    private static partial void NotRecorded(ILogger logger, Exception failure, string cassette);
}

/// <summary>Records every answer that arrived whole.</summary>
internal sealed class RecordingChatClient(IChatClient inner, ModelName model, Recorder recorder)
    : StreamingChatClient(inner)
{
    public override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ImmutableArray<ChatMessage> request = [.. messages];
        var reader = new ReplyReader();
        await foreach (var update in InnerClient.GetStreamingResponseAsync(request, options, cancellationToken))
        {
            reader.Take(update);
            yield return update;
        }

        var digest = RequestDigest.Of(request, options);
        await recorder.AppendAsync(
            new Exchange(
                digest.Hash,
                digest.Parts,
                model.ToString(),
                reader.Read(model, isReal: true),
                reader.Usage.InputTokenCount,
                reader.Usage.OutputTokenCount),
            cancellationToken);
    }
}
