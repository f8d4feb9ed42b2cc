using CodexOS.Platform.Modules;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;

namespace CodexOS.Tools;

/// <summary>The tool contract, the catalogue and the gate.</summary>
public sealed class ToolsModule : IModule
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
