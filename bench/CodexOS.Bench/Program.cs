using System.Globalization;
using CodexOS.Bench;

// codexos-bench engine|api|auth|policy|workspace|sandbox|knowledge RESULTS [PART…], the engine's parts being throughput,
// fairness, parked, tools, recovery and peers, those of knowledge words, tuning, vectors, million, stores, http and ingestion
// (which needs --data DIRECTORY behind them), the sandbox's two numbers: runs a round and honest programs; "bare" is the
// baseline server of the api bench. "simulate" drives the engine through schedules that seeds make.
return args switch
{
    ["engine", var results, .. var parts] => await EngineBench.RunAsync(results, parts),
    ["api", var results] => await ApiBench.RunAsync(results),
    ["auth", var results] => await AuthBench.RunAsync(results),
    ["policy", var results] => await PolicyBench.RunAsync(results),
    ["workspace", var results] => await WorkspaceBench.RunAsync(results),
    ["sandbox", var results] => await SandboxBench.RunAsync(results, 100, 10_000),
    ["sandbox", var results, var runs, var benign] => await SandboxBench.RunAsync(
        results, int.Parse(runs, CultureInfo.InvariantCulture), int.Parse(benign, CultureInfo.InvariantCulture)),
    ["knowledge", var results, .. var parts] => await KnowledgeBench.RunAsync(results, parts),
    ["retrieval", var results, "--data", var data] => KnowledgeRetrieval.Run(results, data),
    ["bare", var body] => await BareServer.RunAsync(body),
    ["simulate", var count] => Simulate.Run(count, null),
    ["simulate", var count, var seed] => Simulate.Run(count, seed),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("Usage: codexos-bench engine|api|auth|policy|workspace|sandbox|knowledge RESULTS-DIRECTORY [PART]...");
    Console.Error.WriteLine("       codexos-bench retrieval RESULTS-DIRECTORY --data DIRECTORY");
    Console.Error.WriteLine("       codexos-bench simulate COUNT [SEED]");
    return 2;
}
