using CodexOS.Bench;

// codexos-bench engine|api|policy|workspace RESULTS [PART…], the engine's parts being throughput, fairness, parked,
// tools, recovery and peers; "bare" is the baseline server of the api bench. "simulate" drives the engine through schedules that seeds make.
return args switch
{
    ["engine", var results, .. var parts] => await EngineBench.RunAsync(results, parts),
    ["api", var results] => await ApiBench.RunAsync(results),
    ["policy", var results] => await PolicyBench.RunAsync(results),
    ["workspace", var results] => WorkspaceBench.Run(results),
    ["bare", var body] => await BareServer.RunAsync(body),
    ["simulate", var count] => Simulate.Run(count, null),
    ["simulate", var count, var seed] => Simulate.Run(count, seed),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("Usage: codexos-bench engine|api|policy|workspace RESULTS-DIRECTORY [PART]...");
    Console.Error.WriteLine("       codexos-bench simulate COUNT [SEED]");
    return 2;
}
