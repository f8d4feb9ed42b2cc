using CodexOS.Inference.Chat;
using CodexOS.Inference.Contracts;
using CodexOS.Inference.Embeddings;
using CodexOS.Inference.Local;
using CodexOS.Inference.Prices;
using CodexOS.Inference.Replay;
using CodexOS.Inference.Rerankers;
using CodexOS.Inference.Scripted;
using CodexOS.Platform.Installation;
using CodexOS.Platform.Modules;
using CodexOS.Platform.Options;
using CodexOS.Runs.Contracts;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;

namespace CodexOS.Inference;

/// <summary>The models: providers, streaming, cost.</summary>
public sealed class InferenceModule : IModule
{
    /// <inheritdoc />
    public void Add(IHostApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var services = builder.Services;
        services.AddValidated<InferenceOptions>(InferenceOptions.Section);
        services.AddOptions<InferenceOptions>().PostConfigure<IConfiguration>(UseCommonVariables);

        // What performs model.chat
        services.AddSingleton<IEffectHandler, ChatEffectHandler>();
        services.AddSingleton<EarlierAnswers>();
        services.AddSingleton<Models>();
        services.AddSingleton<IModels>(provider => provider.GetRequiredService<Models>());
        services.AddSingleton<IEmbeddings, EmbeddingService>();
        services.AddSingleton<IRerankers, RerankService>();
        services.AddSingleton<PriceTable>();
        services.AddSingleton<Secrets>();
        services.AddSingleton<ISystemFact, ModelsFact>();

        // Providers that are not remote
        services.AddSingleton<BuiltinSource>();
        services.AddSingleton<LocalSource>();
        services.AddSingleton<ScriptedSource>();
        services.AddSingleton<ScriptLibrary>();
        services.AddSingleton<ReplaySource>();
        services.AddSingleton<Cassettes>();
        services.AddSingleton<Recorder>();

        services.TryAddSingleton(TimeProvider.System);
    }

    /// <inheritdoc />
    public void Map(IEndpointRouteBuilder api)
    {
        // Models are shown by the system endpoint; there are no routes of their own.
    }

    /// <summary>
    /// Falls back to the variables that OpenAI's own tools read, each only where nothing else is set.
    /// </summary>
    private static void UseCommonVariables(InferenceOptions options, IConfiguration configuration)
    {
        var endpoint = options.OpenAI;
        if (string.IsNullOrWhiteSpace(endpoint.ApiKey) && string.IsNullOrWhiteSpace(endpoint.ApiKeyFile))
        {
            endpoint.ApiKey = Common(configuration, "OPENAI_API_KEY");
        }

        if (endpoint.BaseUrl is null
            && Uri.TryCreate(Common(configuration, "OPENAI_BASE_URL"), UriKind.Absolute, out var address))
        {
            endpoint.BaseUrl = address;
        }
    }

    private static string? Common(IConfiguration configuration, string name) =>
        configuration[name] ?? Environment.GetEnvironmentVariable(name);
}
