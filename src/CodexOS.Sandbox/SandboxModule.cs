using CodexOS.Platform.Modules;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;

namespace CodexOS.Sandbox;

/// <summary>Isolated execution, file workspaces, and the tools that need them.</summary>
public sealed class SandboxModule : IModule
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
