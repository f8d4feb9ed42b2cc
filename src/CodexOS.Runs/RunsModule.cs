using CodexOS.Platform.Modules;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;

namespace CodexOS.Runs;

/// <summary>The durable engine.</summary>
public sealed class RunsModule : IModule
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
