using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;

namespace CodexOS.Platform.Modules;

/// <summary>One part of CodexOS: what it registers and which routes it offers. A role is a list of modules.</summary>
public interface IModule
{
    /// <summary>Registers the module's services.</summary>
    void Add(IHostApplicationBuilder builder);

    /// <summary>Maps the module's routes below <c>/api/v1</c>.</summary>
    void Map(IEndpointRouteBuilder api);

    /// <summary>
    /// Maps what lives beside the API: hubs below <c>/hubs</c>, well-known addresses below <c>/.well-known</c>.
    /// </summary>
    void MapBeside(IEndpointRouteBuilder routes)
    {
    }
}
