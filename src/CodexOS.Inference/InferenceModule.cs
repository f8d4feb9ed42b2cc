using CodexOS.Platform.Modules;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;

namespace CodexOS.Inference;

/// <summary>The models: providers, streaming, cost.</summary>
public sealed class InferenceModule : IModule
{
    /// <inheritdoc />
    public void Add(IHostApplicationBuilder builder)
    {
    }

    /// <inheritdoc />
    public void Map(IEndpointRouteBuilder api)
    {
    }
}
