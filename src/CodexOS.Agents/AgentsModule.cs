using CodexOS.Platform.Modules;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;

namespace CodexOS.Agents;

/// <summary>Agent definitions, their versions, and the program that drives them.</summary>
public sealed class AgentsModule : IModule
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
