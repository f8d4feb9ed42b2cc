using CodexOS.Inference.Contracts;
using CodexOS.Inference.Embeddings;
using CodexOS.Inference.Local;
using CodexOS.Inference.OpenAi;
using CodexOS.Inference.Pipeline;
using CodexOS.Inference.Replay;
using CodexOS.Inference.Rerankers;
using CodexOS.Inference.Scripted;
using CodexOS.Platform.Faults;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace CodexOS.Inference;

/// <summary>The providers of this installation, and the pipeline that every call to one of them passes.</summary>
internal sealed class Models : IModels, IDisposable
{
    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);
    private readonly CallOptions _calls;
    private readonly RetryRule _retries;
    private readonly Recorder _recorder;
    private readonly TimeProvider _clock;
    private readonly ILogger<Models> _logger;

    public Models(
        IOptions<InferenceOptions> options,
        BuiltinSource builtin,
        LocalSource local,
        ScriptedSource scripted,
        ReplaySource replay,
        Recorder recorder,
        Secrets secrets,
        TimeProvider clock,
        ILogger<Models> logger)
    {
        _calls = options.Value.Calls;
        _retries = new RetryRule(_calls, Random.Shared.NextDouble);
        _recorder = recorder;
        _clock = clock;
        _logger = logger;

        Add(new OpenAiSource("openai", options.Value.OpenAI, _calls, secrets, clock));
        foreach (var (name, endpoint) in options.Value.Compatible.OrderBy(entry => entry.Key, StringComparer.Ordinal))
        {
            Add(new OpenAiSource(name, endpoint, _calls, secrets, clock));
        }

        Add(builtin);
        Add(local);
        Add(replay);
        Add(scripted);
    }

    /// <inheritdoc />
    public IReadOnlyList<ModelProvider> Providers => [.. _entries.Values.Select(entry => entry.Source.Provider)];

    /// <inheritdoc />
    public Result<ModelProvider> Check(ModelName name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (!_entries.TryGetValue(name.Provider, out var entry))
        {
            return new Fault(
                "inference.unknown_provider",
                FaultKind.Invalid,
                $"There is no model provider '{name.Provider}'. Known are: {string.Join(", ", _entries.Keys)}. Others "
                + "that speak the OpenAI protocol are added under Inference:Compatible:<name>:BaseUrl.");
        }

        var provider = entry.Source.Provider;
        if (!provider.Configured)
        {
            return new Fault(
                "inference.not_configured",
                FaultKind.Unavailable,
                $"The model provider '{name.Provider}' is not configured. {provider.Hint}");
        }

        return entry.Source.Check(name.Model) is { } fault ? fault : provider;
    }

    /// <summary>Opens a model: from the outermost decorator inwards, each with one rule.</summary>
    public Result<IChatClient> Open(ModelName name)
    {
        if (!Check(name).TryGet(out var provider, out var fault))
        {
            return fault;
        }

        var (source, breaker) = _entries[name.Provider];
        if (!source.Open(name.Model).TryGet(out var client, out fault))
        {
            return fault;
        }

        if (source.IsRemote)
        {
            client = new SilenceTimeoutChatClient(client, _calls.SilenceMax, _clock);
            client = new RetryChatClient(client, name.Provider, _retries, _clock, _logger);
            client = new BreakerChatClient(client, breaker);
        }

        client = new TotalTimeoutChatClient(client, _calls.TotalTimeMax, _clock);
        if (provider.IsReal && _recorder.IsOn)
        {
            client = new RecordingChatClient(client, name, _recorder);
        }

        client = new LimitsChatClient(client, _calls);
        return Result.Of<IChatClient>(new TelemetryChatClient(client, name, _clock));
    }

    /// <summary>What is wrong with a model as an embedding model, as far as that is known without asking it.</summary>
    public Fault? CheckEmbedder(ModelName name)
    {
        if (!Check(name).TryGet(out _, out var fault))
        {
            return fault;
        }

        return _entries[name.Provider].Source is IEmbedderSource ? null : new Fault(
            "inference.no_embeddings",
            FaultKind.Invalid,
            $"The provider '{name.Provider}' has no models that turn texts into vectors. Those that have are: "
            + $"{string.Join(", ", _entries.Where(static one => one.Value.Source is IEmbedderSource).Select(static one => one.Key))}.");
    }

    /// <summary>Opens a model that turns texts into vectors.</summary>
    public Result<EmbedderCalls> OpenEmbedder(ModelName name)
    {
        if (CheckEmbedder(name) is { } unfit)
        {
            return unfit;
        }

        var (source, breaker) = _entries[name.Provider];
        return ((IEmbedderSource)source).OpenEmbedder(name.Model).TryGet(out var embedder, out var fault)
            ? new EmbedderCalls(embedder, Guarded("embeddings", "vectors", name, breaker))
            : fault;
    }

    /// <summary>What is wrong with a model as one that ranks texts, as far as that is known without asking it.</summary>
    public Fault? CheckReranker(ModelName name)
    {
        if (!Check(name).TryGet(out _, out var fault))
        {
            return fault;
        }

        return _entries[name.Provider].Source is IRerankerSource { WhyNoRerankers: var none } ? none : new Fault(
            "inference.no_rerankers",
            FaultKind.Invalid,
            $"The provider '{name.Provider}' has no models that rank texts. Those that may have some are: "
            + $"{string.Join(", ", RerankingProviders())}. Others are added under Inference:Compatible:<name>:BaseUrl.");
    }

    /// <summary>Opens a model that ranks texts.</summary>
    public Result<(IReranker Reranker, GuardedCalls Calls)> OpenReranker(ModelName name)
    {
        if (CheckReranker(name) is { } unfit)
        {
            return unfit;
        }

        var (source, breaker) = _entries[name.Provider];
        return ((IRerankerSource)source).OpenReranker(name.Model).TryGet(out var reranker, out var fault)
            ? (reranker, Guarded("rerank", "ranking", name, breaker))
            : fault;
    }

    public void Dispose()
    {
        foreach (var source in _entries.Values.Select(entry => entry.Source).OfType<IDisposable>())
        {
            source.Dispose();
        }
    }

    private GuardedCalls Guarded(string operation, string sought, ModelName name, CircuitBreaker breaker) =>
        new(operation, sought, name, breaker, _retries, _calls, _clock, _logger);

    private IEnumerable<string> RerankingProviders() => _entries
        .Where(static one => one.Value.Source is IRerankerSource { WhyNoRerankers: null }).Select(static one => one.Key);

    private void Add(IModelSource source)
    {
        var name = source.Provider.Name;
        var breaker = new CircuitBreaker(name, _calls.BreakerFailuresMax, _calls.BreakerPause, _clock);
        _entries.Add(name, new Entry(source, breaker));
    }

    private sealed record Entry(IModelSource Source, CircuitBreaker Breaker);
}

/// <summary>Makes a result of an interface, for which C# allows no implicit conversion.</summary>
internal static class Result
{
    public static Result<T> Of<T>(T value) => value;
}
