using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using CodexOS.Platform.Egress;
using CodexOS.Platform.Ids;
using CodexOS.Runs.Contracts;
using CodexOS.Testing.Egress;
using CodexOS.Tools;
using CodexOS.Tools.Calls;
using CodexOS.Tools.Catalogue;
using CodexOS.Tools.Contracts;
using CodexOS.Tools.Gate;
using CodexOS.Tools.Labels;
using CodexOS.Tools.Output;
using CodexOS.Tools.Standing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace CodexOS.Testing.Adversary;

/// <summary>The real gate and the real handler of tool calls, over tools of a test and stores in memory.</summary>
internal sealed class GateParts : IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();

    public GateParts(
        IEnumerable<ITool> tools, TimeProvider clock, ToolsOptions? options = null, ILabelStore? labels = null,
        IReadOnlyDictionary<string, string?>? configuration = null)
    {
        var given = Options.Create(options ?? new ToolsOptions());
        Labels = labels ?? new MemoryLabels();
        Catalogue = new ToolCatalogue(tools);
        Grants = new GrantReader();
        Gate = new ToolGate(Catalogue, Grants, given.Value.ApprovalTimeMax);
        Secrets = new SecretScan(
            [new ConfiguredSecrets(new ConfigurationBuilder().AddInMemoryCollection(configuration).Build())], given);
        Telemetry = new ToolsTelemetry(_services.GetRequiredService<IMeterFactory>());
        Filter = new OutputFilter(Secrets, Telemetry);
        Handler = new ToolCallHandler(
            Catalogue, new NoConnectedTools(), Grants, Gate,
            EgressCase.Door(_services, new EgressOptions(), clock), Labels, Secrets, Standing, given,
            clock, Telemetry, NullLogger<ToolCallHandler>.Instance);
    }

    public ToolCatalogue Catalogue { get; }

    public GrantReader Grants { get; }

    public ToolGate Gate { get; }

    public ILabelStore Labels { get; }

    public SecretScan Secrets { get; }

    public ToolsTelemetry Telemetry { get; }

    public OutputFilter Filter { get; }

    public MemoryStanding Standing { get; } = new();

    public ToolCallHandler Handler { get; }

    public void Dispose()
    {
        Telemetry.Dispose();
        _services.Dispose();
    }
}

/// <summary>A tenant without connections.</summary>
internal sealed class NoConnectedTools : IConnectedTools
{
    public ValueTask<IReadOnlyList<ToolEntry>> AllAsync(CancellationToken cancellationToken) =>
        ValueTask.FromResult<IReadOnlyList<ToolEntry>>([]);

    public ValueTask<ToolEntry?> FindAsync(string name, CancellationToken cancellationToken) =>
        ValueTask.FromResult<ToolEntry?>(null);
}

/// <summary>Labels in memory; kept from one run to the next as the database keeps them.</summary>
internal sealed class MemoryLabels : ILabelStore
{
    private readonly ConcurrentDictionary<(TenantId, StoredEntry), Label> _labels = new();

    public Task<Label> ReadAsync(TenantId tenant, StoredEntry entry, CancellationToken cancellationToken) => Task.FromResult(
        _labels.Where(known => known.Key.Item1 == tenant && known.Key.Item2.Store == entry.Store
                && (entry.Key.Length == 0 || known.Key.Item2.Key.Length == 0 || known.Key.Item2.Key == entry.Key))
            .Aggregate(Label.System, static (label, known) => label.Join(known.Value)));

    public Task LowerAsync(TenantId tenant, StoredEntry entry, Label label, CancellationToken cancellationToken)
    {
        _labels.AddOrUpdate((tenant, entry), label, (_, known) => known.Join(label));
        return Task.CompletedTask;
    }
}

/// <summary>Approvals in advance as a test gives them; each is used once.</summary>
internal sealed class MemoryStanding : IStandingApprovals
{
    public List<string> Tools { get; } = [];

    public List<GateVerdict.Ask> Asked { get; } = [];

    public Task<StandingConsent?> UseAsync(EffectCall call, GateVerdict.Ask ask, CancellationToken cancellationToken)
    {
        Asked.Add(ask);
        return Task.FromResult(Tools.Remove(ask.Tool) ? new StandingConsent("standing:test", "") : null);
    }
}
