using CodexOS.Bench;

// codexos-bench engine|api [results directory]; "bare" is the baseline server of the api bench.
return args switch
{
    ["engine", var results] => await EngineBench.RunAsync(results),
    ["api", var results] => await ApiBench.RunAsync(results),
    ["bare", var body] => await BareServer.RunAsync(body),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("Usage: codexos-bench engine|api RESULTS-DIRECTORY");
    return 2;
}
