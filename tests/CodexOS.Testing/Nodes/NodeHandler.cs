using System.Globalization;
using System.Text;
using System.Text.Json;
using CodexOS.Platform.Faults;
using CodexOS.Runs.Contracts;

namespace CodexOS.Testing.Nodes;

/// <summary>
/// Performs a step of a node under test: writes into the ledger that it begins, takes the time that its input says
/// (<c>ms</c>), says something every 50 ms if the input asks for text (<c>talks</c>), and writes that it has ended.
/// </summary>
internal sealed class NodeHandler(string effect, RepeatClass repeat, NodeLedger ledger) : IEffectHandler
{
    public string Effect => effect;

    public GateVerdict Judge(EffectCall call) => new GateVerdict.Allow(repeat);

    public async Task<Result<EffectOutput>> PerformAsync(EffectCall call, CancellationToken cancellationToken)
    {
        ledger.Write("begin", call.Key);
        var left = call.Input.TryGetProperty("ms", out var ms) ? ms.GetInt32() : 0;
        var talks = call.Input.TryGetProperty("talks", out var says) && says.GetBoolean();
        for (var i = 0; left > 0; i++)
        {
            var pause = talks ? Math.Min(50, left) : left;
            if (talks) call.OnDelta($"{i} – ünïcode 🙂 ");
            await Task.Delay(TimeSpan.FromMilliseconds(pause), TimeProvider.System, cancellationToken);
            left -= pause;
        }

        ledger.Write("end", call.Key);
        return new EffectOutput(JsonSerializer.SerializeToElement(new { done = call.Key }), new EffectUsage(1, 1, 1));
    }

    public Task<ProbeAnswer> ProbeAsync(EffectCall call, CancellationToken cancellationToken) =>
        Task.FromResult<ProbeAnswer>(new ProbeAnswer.Unknown("Nobody looked."));
}

/// <summary>
/// What several processes write down, each in a file of its own beside the path: appending to one file from several
/// processes would write over each other's lines.
/// </summary>
public sealed class NodeLedger(string path)
{
    private readonly Lock _turn = new();

    /// <summary>Writes down that an effect begins or has ended.</summary>
    public void Write(string what, string key)
    {
        var line = string.Create(CultureInfo.InvariantCulture, $"{what} {key} {Environment.ProcessId}\n");
        lock (_turn)
        {
            using var file = new FileStream(
                $"{path}.{Environment.ProcessId}", FileMode.Append, FileAccess.Write, FileShare.Read, bufferSize: 0);
            file.Write(Encoding.ASCII.GetBytes(line));
        }
    }

    /// <summary>What was written: what happened, the effect's key, the process.</summary>
    public IReadOnlyList<(string What, string Key, int Process)> Read()
    {
        var entries = new List<(string, string, int)>();
        foreach (var each in Directory.GetFiles(Path.GetDirectoryName(path)!, $"{Path.GetFileName(path)}.*"))
        {
            using var file = new FileStream(each, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using var reader = new StreamReader(file);
            while (reader.ReadLine() is { } line)
            {
                if (line.Split(' ') is [var what, var key, var process])
                    entries.Add((what, key, int.Parse(process, CultureInfo.InvariantCulture)));
            }
        }

        return entries;
    }
}
