using System.Diagnostics.Metrics;
using System.Net;
using CodexOS.Platform.Egress;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace CodexOS.Testing.Egress;

/// <summary>A guard that nobody answers.</summary>
internal static class EgressCase
{
    public static IEgress Door(IServiceProvider services, EgressOptions options, TimeProvider clock) => new EgressDoor(
        Options.Create(options),
        new NoNames(),
        new SecretSources([new OptionSecrets(Options.Create(options))]),
        new EgressTelemetry(services.GetRequiredService<IMeterFactory>()),
        clock,
        NullLogger<EgressSession>.Instance);

    private sealed class NoNames : IResolver
    {
        public Task<IReadOnlyList<IPAddress>> ResolveAsync(HostName host, CancellationToken cancellationToken) =>
            Task.FromResult<IReadOnlyList<IPAddress>>([]);

        public IReadOnlyCollection<IPAddress> OwnAddresses() => [];
    }
}
