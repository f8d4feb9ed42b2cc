using System.Text.Json;
using CodexOS.Cli.Contracts;
using CodexOS.Host;
using CodexOS.Platform.Ids;
using CodexOS.Runs.Contracts;
using CodexOS.Testing.Chaos;
using CodexOS.Testing.Runs;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace CodexOS.Testing.Nodes;

/// <summary>
/// A real node as a process of its own, with the list program and with handlers that write what they do into a ledger
/// outside of the system. It starts runs when a line on its input says so, and ends when its input does.
/// </summary>
public static class NodeProgram
{
    /// <summary>The command line of <c>codexos</c>, and beside it the campaign with the servers that it kills.</summary>
    public static Task<int> Main(string[] args) => args switch
    {
        ["chaos", .. var rest] => ChaosCommand.RunAsync(rest),
        ["chaos-node", .. var rest] => NodeHost.RunAsync(NodeArguments.Read(rest)),
        _ => CommandLine.RunAsync(
            args,
            (options, cancellationToken) => Serving.ServeAsync(options, cancellationToken, AddParts),
            DatabaseMigration.RunAsync),
    };

    private static void AddParts(IServiceCollection services)
    {
        var ledger = new NodeLedger(Environment.GetEnvironmentVariable("CODEXOS_TEST_LEDGER")!);
        services.AddSingleton<IRunProgram, ListProgram>();
        services.AddSingleton<IEffectHandler>(new NodeHandler("node.keyed", RepeatClass.Keyed, ledger));
        services.AddSingleton<IEffectHandler>(new NodeHandler("node.unsafe", RepeatClass.Unsafe, ledger));
        services.AddHostedService<NodeCommands>();
    }
}

/// <summary>What a line on the input asks for: so many runs of one input.</summary>
/// <param name="Tenant">Whose they are.</param>
/// <param name="Count">How many.</param>
/// <param name="Input">What each is to do.</param>
public sealed record NodeCommand(string Tenant, int Count, JsonElement Input);

/// <summary>Reads commands from the input and answers each with the ids of the runs: <c>STARTED id id …</c>.</summary>
internal sealed class NodeCommands(IRuns runs) : BackgroundService
{
    private static readonly JsonElement s_nothing = JsonSerializer.SerializeToElement(new { });

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        // The console cannot be told to stop reading, and nobody is to wait for it at the end.
        while (await Task.Run(Console.In.ReadLine, CancellationToken.None).WaitAsync(stoppingToken) is { } line)
        {
            var command = JsonSerializer.Deserialize<NodeCommand>(line)!;
            var tenant = TenantId.Parse(command.Tenant, null);
            var started = await Task.WhenAll(Enumerable.Range(0, command.Count).Select(_ => runs.StartAsync(
                new RunStart(
                    tenant, new UserId(tenant.Value), "list", "a-list", 1, "A list", command.Input, s_nothing,
                    new RunLimits(1_000, TimeSpan.FromHours(1), 1_000_000, 1_000_000), RunLabels.None, null),
                stoppingToken)));
            var faults = started.Where(one => !one.IsOk).Select(one => one.Fault.Code).Distinct();
            var ids = started.Where(one => one.IsOk).Select(one => one.Value.Id.ToString());
            await Console.Out.WriteLineAsync($"STARTED {string.Join(' ', ids.Concat(faults.Select(code => $"!{code}")))}");
        }

        // Whoever started this process is gone.
        if (!stoppingToken.IsCancellationRequested) Environment.Exit(99);
    }
}
