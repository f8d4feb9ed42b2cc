using System.ComponentModel.DataAnnotations;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Options;

namespace CodexOS.Inference;

/// <summary>Settings of the models: section <c>Inference</c>.</summary>
public sealed partial class InferenceOptions : IValidatableObject
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Inference";

    /// <summary>
    /// OpenAI itself, or whatever <c>BaseUrl</c> points to. Where nothing is set, the environment variables
    /// <c>OPENAI_API_KEY</c> and <c>OPENAI_BASE_URL</c> are used.
    /// </summary>
    [ValidateObjectMembers]
    public EndpointOptions OpenAI { get; set; } = new();

    /// <summary>
    /// Further endpoints that speak the same protocol (vLLM, Ollama, LM Studio), by name. The name is the provider part
    /// of a model's name; the key may be absent.
    /// </summary>
    public Dictionary<string, EndpointOptions> Compatible { get; set; } = new(StringComparer.Ordinal);

    /// <summary>Embedding models in folders of this machine, by name: <c>local:NAME</c> is what they are called.</summary>
    public Dictionary<string, LocalModelOptions> Local { get; set; } = new(StringComparer.Ordinal);

    /// <summary>
    /// The folder of the models that are built in, which <c>./run up</c> makes. Default: <c>models</c> beside the program.
    /// </summary>
    public string? BuiltinDirectory { get; set; }

    /// <summary>The scripted model.</summary>
    [ValidateObjectMembers]
    public ScriptedOptions Scripted { get; set; } = new();

    /// <summary>Recording and playing back.</summary>
    [ValidateObjectMembers]
    public CassetteOptions Cassettes { get; set; } = new();

    /// <summary>How long a call may take, how often it is tried, how much it may carry.</summary>
    [ValidateObjectMembers]
    public CallOptions Calls { get; set; } = new();

    /// <summary>Prices by provider and model, over those that come with CodexOS; <c>*</c> is every model.</summary>
    public Dictionary<string, Dictionary<string, ModelPriceOptions>> Prices { get; set; } = new(StringComparer.Ordinal);

    /// <summary>What models that turn texts into vectors want to be told, by provider and model.</summary>
    public Dictionary<string, Dictionary<string, EmbeddingOptions>> Embeddings { get; set; } = new(StringComparer.Ordinal);

    /// <summary>How models that rank texts are asked, by provider and model.</summary>
    public Dictionary<string, Dictionary<string, RerankerOptions>> Rerankers { get; set; } = new(StringComparer.Ordinal);

    /// <inheritdoc />
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var (name, endpoint) in Compatible)
        {
            var path = $"{Section}:{nameof(Compatible)}:{name}";
            if (!ProviderName().IsMatch(name) || name is "openai" or "builtin" or "local" or "scripted" or "replay")
            {
                yield return new ValidationResult(
                    $"{path}: choose a name of lowercase letters, digits and dashes other than openai, "
                    + "builtin, local, scripted, replay.");
            }

            if (endpoint.BaseUrl is null)
            {
                yield return new ValidationResult(
                    $"{path}:BaseUrl is missing; set it, for instance to http://host:8000/v1.");
            }
        }

        foreach (var (path, endpoint) in Compatible.Select(entry => ($"{nameof(Compatible)}:{entry.Key}", entry.Value))
            .Prepend((nameof(OpenAI), OpenAI)))
        {
            if (endpoint.BaseUrl is { } url && !(url.IsAbsoluteUri && url.Scheme is ("http" or "https")))
            {
                yield return new ValidationResult(
                    $"{Section}:{path}:BaseUrl must be an absolute http or https address.");
            }
        }

        foreach (var (name, model) in Local)
        {
            foreach (var wrong in model.WhatIsWrong(name))
            {
                yield return new ValidationResult($"{Section}:{nameof(Local)}:{name}: {wrong}");
            }
        }

        foreach (var (provider, models) in Embeddings)
        {
            foreach (var (model, embedding) in models)
            {
                foreach (var wrong in embedding.WhatIsWrong())
                {
                    yield return new ValidationResult($"{Section}:{nameof(Embeddings)}:{provider}:{model}: {wrong}");
                }
            }
        }

        foreach (var (provider, models) in Rerankers)
        {
            foreach (var (model, reranker) in models)
            {
                foreach (var wrong in reranker.WhatIsWrong())
                {
                    yield return new ValidationResult($"{Section}:{nameof(Rerankers)}:{provider}:{model}: {wrong}");
                }
            }
        }

        foreach (var (provider, models) in Prices)
        {
            foreach (var (model, price) in models)
            {
                if (price.Input < 0 || price.Output < 0 || price.CachedInput < 0)
                {
                    yield return new ValidationResult(
                        $"{Section}:{nameof(Prices)}:{provider}:{model}: a price cannot be negative.");
                }
            }
        }
    }

    [GeneratedRegex("^[a-z][a-z0-9-]{0,30}$", RegexOptions.CultureInvariant, 1_000)]
    private static partial Regex ProviderName();
}

/// <summary>Where a model endpoint is and how to sign in there.</summary>
public sealed class EndpointOptions
{
    /// <summary>The address up to and including <c>/v1</c>. Default for OpenAI: https://api.openai.com/v1.</summary>
    public Uri? BaseUrl { get; set; }

    /// <summary>The key. Prefer <see cref="ApiKeyFile"/>, which keeps it out of the process's environment.</summary>
    public string? ApiKey { get; set; }

    /// <summary>A file that holds the key and nothing else. It is read when the first call is made.</summary>
    public string? ApiKeyFile { get; set; }
}

/// <summary>Settings of the scripted model.</summary>
public sealed class ScriptedOptions
{
    /// <summary>
    /// The pause between two words of a scripted answer, so that streaming can be watched. 0 s to 1 s.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:00:01", ErrorMessage =
        "Inference:Scripted:ChunkDelay must be between 00:00:00 and 00:00:01.")]
    public TimeSpan ChunkDelay { get; set; } = TimeSpan.FromMilliseconds(15);
}

/// <summary>Settings of recording and playing back.</summary>
public sealed class CassetteOptions
{
    /// <summary>
    /// Where cassettes are kept, one JSON Lines file each. Default: <c>cassettes</c> in the data directory.
    /// </summary>
    public string? Directory { get; set; }

    /// <summary>
    /// The cassette that every answer of a real model is appended to. Default: none, nothing is recorded.
    /// </summary>
    [RegularExpression("^[a-z0-9][a-z0-9._-]{0,79}$", ErrorMessage =
        "Inference:Cassettes:RecordTo must be a name of lowercase letters, digits, dots, dashes and underscores.")]
    public string? RecordTo { get; set; }
}

/// <summary>What every call is bound by.</summary>
public sealed class CallOptions
{
    /// <summary>Longest time of a call, all attempts and the whole answer included. 1 s to 1 h.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00", ErrorMessage =
        "Inference:Calls:TotalTimeMax must be between 00:00:01 and 01:00:00.")]
    public TimeSpan TotalTimeMax { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>
    /// Longest silence: until the first piece of an answer, and between two pieces. 100 ms to 30 min.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:30:00", ErrorMessage =
        "Inference:Calls:SilenceMax must be between 00:00:00.1 and 00:30:00.")]
    public TimeSpan SilenceMax { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>Most attempts, the first included. 1 to 10.</summary>
    [Range(1, 10, ErrorMessage = "Inference:Calls:AttemptsMax must be between 1 and 10.")]
    public int AttemptsMax { get; set; } = 4;

    /// <summary>The pause before the second attempt; it doubles with each further one. 1 ms to 1 min.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:01:00", ErrorMessage =
        "Inference:Calls:RetryDelay must be between 00:00:00.001 and 00:01:00.")]
    public TimeSpan RetryDelay { get; set; } = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// Longest pause between two attempts. An endpoint that asks for a longer one is not asked again. 1 ms to 10 min.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:10:00", ErrorMessage =
        "Inference:Calls:RetryDelayMax must be between 00:00:00.001 and 00:10:00.")]
    public TimeSpan RetryDelayMax { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>After how many failed calls in a row an endpoint is left alone for a while. 1 to 1000.</summary>
    [Range(1, 1000, ErrorMessage = "Inference:Calls:BreakerFailuresMax must be between 1 and 1000.")]
    public int BreakerFailuresMax { get; set; } = 5;

    /// <summary>How long it is left alone. 1 s to 1 h.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00", ErrorMessage =
        "Inference:Calls:BreakerPause must be between 00:00:01 and 01:00:00.")]
    public TimeSpan BreakerPause { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Most bytes of text in a request, tools included. 1 kB to 64 MB.</summary>
    [Range(1_000, 64_000_000, ErrorMessage = "Inference:Calls:RequestBytesMax must be between 1000 and 64000000.")]
    public int RequestBytesMax { get; set; } = 4_000_000;

    /// <summary>Most tokens in a request, estimated as four characters each. 100 to 10 million.</summary>
    [Range(100, 10_000_000, ErrorMessage = "Inference:Calls:RequestTokensMax must be between 100 and 10000000.")]
    public int RequestTokensMax { get; set; } = 1_000_000;

    /// <summary>Most characters of an answer, tool arguments included. 100 to 10 million.</summary>
    [Range(100, 10_000_000, ErrorMessage = "Inference:Calls:AnswerLengthMax must be between 100 and 10000000.")]
    public int AnswerLengthMax { get; set; } = 500_000;

    /// <summary>Most bytes that an endpoint may send in answer to one request. 10 kB to 1 GB.</summary>
    [Range(10_000, 1_000_000_000, ErrorMessage =
        "Inference:Calls:AnswerBytesMax must be between 10000 and 1000000000.")]
    public long AnswerBytesMax { get; set; } = 64_000_000;
}

/// <summary>What a model that turns texts into vectors wants to be told.</summary>
public sealed class EmbeddingOptions
{
    internal static EmbeddingOptions Default { get; } = new();

    /// <summary>What is put before a text that asks, as <c>query: </c> for models of the E5 family.</summary>
    [StringLength(2_000)]
    public string QueryPrefix { get; set; } = "";

    /// <summary>What is put before a text that is to be found, as <c>passage: </c>.</summary>
    [StringLength(2_000)]
    public string PassagePrefix { get; set; } = "";

    /// <summary>How many numbers a vector shall have, for models that can be asked for fewer. Default: the model's own.</summary>
    [Range(8, 16_384)]
    public int? Dimensions { get; set; }

    /// <summary>How many texts are sent in one request.</summary>
    [Range(1, 2_048)]
    public int TextsPerRequestMax { get; set; } = 64;

    /// <summary>How many requests are made side by side.</summary>
    [Range(1, 64)]
    public int RequestsAtOnceMax { get; set; } = 4;

    internal IEnumerable<string> WhatIsWrong()
    {
        var wrong = new List<ValidationResult>();
        Validator.TryValidateObject(this, new ValidationContext(this), wrong, validateAllProperties: true);
        return wrong.Select(static one => one.ErrorMessage ?? "a value is out of its range.");
    }
}

/// <summary>What a model costs, in US dollars per million tokens.</summary>
public sealed class ModelPriceOptions
{
    /// <summary>Tokens sent.</summary>
    public decimal Input { get; set; }

    /// <summary>Tokens sent that the provider had cached; the price of input if not set.</summary>
    public decimal? CachedInput { get; set; }

    /// <summary>Tokens received.</summary>
    public decimal Output { get; set; }
}
