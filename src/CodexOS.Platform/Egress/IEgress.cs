using System.Collections.Immutable;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Ids;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace CodexOS.Platform.Egress;

/// <summary>
/// The only door through which something that a tenant or a model chose reaches the network: tools, sandboxes, webhooks,
/// protocol clients.
/// </summary>
public interface IEgress
{
    /// <summary>The networks beside the public ones that the operator allows now; a new run's grant takes them over.</summary>
    ImmutableArray<string> AllowedNetworks { get; }

    /// <summary>
    /// Opens the door for one step of a run, as far as its grant says. The limits hold for all that is done through the
    /// session together. A grant that cannot be read opens nothing: <c>egress.bad_rule</c>.
    /// </summary>
    Result<EgressSession> Open(EgressGrant grant, EgressScope scope);
}

/// <summary>For whom the door is opened.</summary>
/// <param name="Tenant">The tenant, whose secrets may be used.</param>
/// <param name="Subject">What the log names, for instance a step's idempotency key.</param>
public sealed record EgressScope(TenantId Tenant, string Subject);

/// <summary>How one client of a session behaves.</summary>
public sealed record EgressClientSettings
{
    /// <summary>Most bytes of one answer after it is decompressed; null is the limit of the step.</summary>
    public long? AnswerBytesMax { get; init; }

    /// <summary>How long an answer may be silent; null is the configured time.</summary>
    public TimeSpan? SilenceMax { get; init; }

    /// <summary>
    /// The only host and port that the client may ask, beside what the grant says, with the secret that is added there in
    /// place of the grant's. Null is every host that the grant lets through.
    /// </summary>
    public EgressRule? Target { get; init; }

    /// <summary>Whether answers are asked for compressed and are decompressed.</summary>
    public bool Decompresses { get; init; } = true;
}

/// <summary>What all sessions share.</summary>
internal sealed class EgressDoor(
    IOptions<EgressOptions> options,
    IResolver resolver,
    ISecretSource secrets,
    EgressTelemetry telemetry,
    TimeProvider clock,
    ILogger<EgressSession> log) : IEgress
{
    private readonly EgressOptions _options = options.Value;

    public ImmutableArray<string> AllowedNetworks { get; } = [.. options.Value.AllowedNetworks];

    public EgressOptions Options => _options;

    public EgressTrust Trust { get; } = new(options.Value);

    public IResolver Resolver => resolver;

    public ISecretSource Secrets => secrets;

    public EgressTelemetry Telemetry => telemetry;

    public TimeProvider Clock => clock;

    public ILogger<EgressSession> Log => log;

    public Result<EgressSession> Open(EgressGrant grant, EgressScope scope) =>
        EgressPolicy.Of(grant, _options.Networks).TryGet(out var policy, out var fault)
            ? new EgressSession(this, policy, scope, isOpen: !grant.IsEmpty)
            : fault;
}
