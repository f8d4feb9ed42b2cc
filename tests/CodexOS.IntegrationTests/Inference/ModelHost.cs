using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Text.Json;
using CodexOS.Inference;
using CodexOS.Inference.Contracts;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Http;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Storage;
using CodexOS.Runs.Contracts;
using CodexOS.Testing;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Xunit;

namespace CodexOS.IntegrationTests.Inference;

/// <summary>
/// The module as the server wires it, with its own data directory and a record of all that is logged.
/// </summary>
internal sealed class ModelHost : IDisposable
{
    private readonly IHost _host;
    private readonly TempDirectory _data = new();
    private readonly LogRecord _log = new();

    public ModelHost(params (string Name, string? Value)[] settings)
        : this(TimeProvider.System, settings)
    {
    }

    public ModelHost(TimeProvider clock, params (string Name, string? Value)[] settings)
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(null);
        // What the machine's environment holds is none of the tests' business.
        builder.Configuration.AddInMemoryCollection(
            [new("OPENAI_API_KEY", ""), new("OPENAI_BASE_URL", ""), new("Inference:Calls:RetryDelay", "00:00:00.001")]);
        foreach (var (name, value) in settings)
        {
            builder.Configuration[$"Inference:{name}"] = value;
        }

        builder.Logging.AddProvider(_log).SetMinimumLevel(LogLevel.Trace);
        builder.Services.AddSingleton(clock);
        builder.Services.AddSingleton(new DataDirectory(_data.Path));
        new InferenceModule().Add(builder);
        _host = builder.Build();
        Handler = _host.Services.GetRequiredService<IEffectHandler>();
        Models = _host.Services.GetRequiredService<IModels>();
        Embeddings = _host.Services.GetRequiredService<IEmbeddings>();
        Rerankers = _host.Services.GetRequiredService<IRerankers>();
    }

    public IEffectHandler Handler { get; }

    public IModels Models { get; }

    public IEmbeddings Embeddings { get; }

    public IRerankers Rerankers { get; }

    public string Data => _data.Path;

    public string Logged => string.Join('\n', _log.Lines);

    public static ChatCall Ask(string model, string text = "Hello") =>
        new(ModelName.Parse(model).Value, [new ChatMessage(ChatRole.User, text)], []);

    public static EffectCall Call(ChatCall chat, string? granted = null) => new(
        RunId.New(TimeProvider.System),
        TenantId.New(TimeProvider.System),
        "step-1",
        1,
        JsonSerializer.SerializeToElement(new { }),
        JsonSerializer.SerializeToElement(new { model = granted ?? chat.Model.ToString() }))
    {
        Prepared = chat,
    };

    public Task<Result<EffectOutput>> PerformAsync(ChatCall chat, Action<string>? onDelta = null) =>
        Handler.PerformAsync(
            Call(chat) with { OnDelta = onDelta ?? (static _ => { }) }, TestContext.Current.CancellationToken);

    public async Task<(ModelReply Reply, EffectUsage Usage)> ReplyAsync(ChatCall chat)
    {
        var output = (await PerformAsync(chat)).Value;
        return (output.Output.Deserialize<ModelReply>(Json.Options)!, output.Usage!);
    }

    public async Task<Fault> FaultAsync(ChatCall chat) => (await PerformAsync(chat)).Fault;

    public static ImmutableArray<ModelTool> OneTool { get; } =
    [
        new("read_file", "Reads a file.", JsonSerializer.Deserialize<JsonElement>(
            """{"type":"object","properties":{"path":{"type":"string"}},"required":["path"]}""")),
    ];

    public void Dispose()
    {
        _host.Dispose();
        _data.Dispose();
    }

    private sealed class LogRecord : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<string> Lines { get; } = new();

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter) => Lines.Enqueue($"{formatter(state, exception)} {exception}");

        public void Dispose()
        {
        }
    }
}
