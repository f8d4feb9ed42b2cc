using System.ClientModel;
using System.ClientModel.Primitives;
using CodexOS.Inference.Contracts;
using CodexOS.Inference.Rerankers;
using CodexOS.Platform.Faults;
using Microsoft.Extensions.AI;
using OpenAI;

namespace CodexOS.Inference.OpenAi;

/// <summary>A provider that speaks the OpenAI protocol, reached through OpenAI's own client library.</summary>
internal sealed class OpenAiSource : IModelSource, IEmbedderSource, IRerankerSource, IDisposable
{
    private const int KeySizeBytesMax = 16_384;

    private static readonly Uri OpenAIAddress = new("https://api.openai.com/v1");

    private readonly EndpointOptions _endpoint;
    private readonly CallOptions _calls;
    private readonly Secrets _secrets;
    private readonly OpenAiFaults _faults, _embedderFaults, _rerankerFaults;
    private readonly string _settings;
    private readonly Uri _address;
    private readonly bool _isOpenAI;
    private readonly Lock _lock = new();
    private HttpClient? _http;
    private OpenAIClient? _client;

    public OpenAiSource(string name, EndpointOptions endpoint, CallOptions calls, Secrets secrets, TimeProvider clock)
    {
        _endpoint = endpoint;
        _calls = calls;
        _secrets = secrets;
        _address = endpoint.BaseUrl ?? OpenAIAddress;
        _isOpenAI = name == "openai";
        _settings = _isOpenAI ? "Inference:OpenAI" : $"Inference:Compatible:{name}";
        // Where an address may carry a password, the fault shows only where it leads.
        var shown = new UriBuilder(_address) { UserName = "", Password = "", Query = "" }.Uri;
        _faults = new OpenAiFaults(name, shown, _settings, OpenAiTask.Chat, secrets, clock);
        _embedderFaults = new OpenAiFaults(name, shown, _settings, OpenAiTask.Embedding, secrets, clock);
        _rerankerFaults = new OpenAiFaults(name, shown, _settings, OpenAiTask.Reranking, secrets, clock);
        // Its address could be that of somebody who ranks texts; its own does not.
        WhyNoRerankers = _isOpenAI && endpoint.BaseUrl is null
            ? new Fault(
                "inference.no_rerankers", FaultKind.Invalid,
                "OpenAI has no models that rank texts. Add an endpoint that has some under Inference:Compatible:<name>:BaseUrl.")
            : null;

        // A key is needed where the address is OpenAI's own; a local server usually wants none.
        var configured = HasKey || endpoint.BaseUrl is not null;
        Provider = new ModelProvider(
            name,
            configured,
            IsReal: true,
            configured
                ? $"Any model of {shown}, for instance {(_isOpenAI ? "openai:gpt-4.1-mini" : $"{name}:<model>")}."
                : $"Set {_settings}:ApiKeyFile to a file with the key (or OPENAI_API_KEY in the environment); for "
                + $"another endpoint, set {_settings}:BaseUrl.");
    }

    public ModelProvider Provider { get; }

    public bool IsRemote => true;

    public Fault? WhyNoRerankers { get; }

    private bool HasKey =>
        !string.IsNullOrWhiteSpace(_endpoint.ApiKey) || !string.IsNullOrWhiteSpace(_endpoint.ApiKeyFile);

    public Fault? Check(string model) => null;

    public Result<IChatClient> Open(string model) => Connected().TryGet(out var client, out var fault)
        ? Result.Of<IChatClient>(new OpenAiChatClient(client.GetChatClient(model).AsIChatClient(), model, _faults, _isOpenAI))
        : fault;

    public Result<IEmbeddingGenerator<string, Embedding<float>>> OpenEmbedder(string model) =>
        Connected().TryGet(out var client, out var fault)
            ? Result.Of<IEmbeddingGenerator<string, Embedding<float>>>(
                new OpenAiEmbedder(client.GetEmbeddingClient(model), model, _embedderFaults))
            : fault;

    public Result<IReranker> OpenReranker(string model) => Connected().TryGet(out var client, out var fault)
        ? Result.Of<IReranker>(new HttpReranker(client.Pipeline, _address, model, _rerankerFaults))
        : fault;

    public void Dispose() => _http?.Dispose();

    private Result<OpenAIClient> Connected()
    {
        lock (_lock)
        {
            if (_client is null)
            {
                if (!ReadKey().TryGet(out var key, out var fault))
                {
                    return fault;
                }

                _client = Connect(key);
            }

            return _client;
        }
    }

    private OpenAIClient Connect(string key)
    {
        _secrets.Add(key);
        var network = new SocketsHttpHandler
        {
            // A redirect would carry prompts to an address that nobody configured.
            AllowAutoRedirect = false,
            ConnectTimeout = TimeSpan.FromSeconds(15),
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        };
        _http = new HttpClient(new AnswerHandler(network, _calls.AnswerBytesMax, key.Length > 0))
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
        var options = new OpenAIClientOptions
        {
            Endpoint = _address,
            Transport = new HttpClientPipelineTransport(_http),
            UserAgentApplicationId = "CodexOS",
            // Time and attempts are bounded by our own pipeline; two such rules on top of each other multiply.
            NetworkTimeout = Timeout.InfiniteTimeSpan,
            RetryPolicy = new ClientRetryPolicy(maxRetries: 0),
            ClientLoggingOptions = new ClientLoggingOptions { EnableLogging = false },
        };
        return new OpenAIClient(new ApiKeyCredential(key.Length > 0 ? key : "none"), options);
    }

    private Result<string> ReadKey()
    {
        if (string.IsNullOrWhiteSpace(_endpoint.ApiKeyFile))
        {
            return _endpoint.ApiKey?.Trim() ?? "";
        }

        try
        {
            using var file = File.OpenRead(_endpoint.ApiKeyFile);
            if (file.Length is > 0 and <= KeySizeBytesMax)
            {
                using var reader = new StreamReader(file);
                if (reader.ReadToEnd().Trim() is { Length: > 0 } key && !key.Any(char.IsControl))
                {
                    return key;
                }
            }

            return NoKey("does not hold a key on a single line");
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return NoKey("cannot be read");
        }
    }

    private Fault NoKey(string why) => new(
        "inference.not_configured",
        FaultKind.Unavailable,
        $"The file '{_endpoint.ApiKeyFile}', named by {_settings}:ApiKeyFile, {why}. Put the key there, readable for "
        + "CodexOS.");
}
