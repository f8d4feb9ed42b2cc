using System.Collections.Concurrent;
using CodexOS.Agents.Definitions;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Tenancy;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace CodexOS.Agents.Demo;

/// <summary>
/// Gives each tenant the demo agent once, when its agents are first asked for: modules do not know when a tenant is
/// made, and a tenant that deleted the agent does not get it back.
/// </summary>
internal sealed partial class DemoAgent(
    AgentStore store, TenantContext tenants, IOptions<AgentsOptions> options, ILogger<DemoAgent> log)
{
    private const int RememberedMax = 10_000;

    private readonly ConcurrentDictionary<TenantId, bool> _given = new();

    /// <summary>The demo agent's definition.</summary>
    public static string Definition { get; } = Read();

    /// <summary>Gives the caller's tenant the demo agent before an endpoint of agents is served.</summary>
    public static async ValueTask<object?> FilterAsync(
        EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(next);
        var http = context.HttpContext;
        await http.RequestServices.GetRequiredService<DemoAgent>().EnsureAsync(http.RequestAborted);
        return await next(context);
    }

    /// <summary>Gives the present tenant the demo agent, unless it was given before.</summary>
    public async Task EnsureAsync(CancellationToken cancellationToken)
    {
        var tenant = tenants.Required;
        if (!options.Value.DemoAgent || _given.ContainsKey(tenant)) return;
        // A tool that it needs may be missing here, in a process without the sandbox: then another process gives it.
        var seeded = await store.SeedAsync(Definition, cancellationToken);
        if (!seeded.TryGet(out _, out var fault)) LogNotGiven(fault.ToString());
        if (_given.Count >= RememberedMax) _given.Clear();
        _given[tenant] = true;
    }

    private static string Read()
    {
        using var stream = typeof(DemoAgent).Assembly.GetManifestResourceStream("demo/repo-engineer.yaml")
            ?? throw new InvalidOperationException("The demo agent is not part of this build.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The demo agent cannot be given to tenants: {Reason}")]
    private partial void LogNotGiven(string reason);
}
