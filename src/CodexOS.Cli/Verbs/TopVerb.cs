using System.CommandLine;
using CodexOS.Cli.Screens;
using CodexOS.Client.Contracts;

namespace CodexOS.Cli.Verbs;

/// <summary><c>codexos top</c>: how busy the engine is, again and again.</summary>
internal static class TopVerb
{
    private const double IntervalSecondsDefault = 2;
    private const double IntervalSecondsMin = 0.5;
    private const double IntervalSecondsMax = 3_600;

    public static Command Create(Terminal terminal, Connections connections)
    {
        var once = new Option<bool>("--once") { Description = "Show it once; so it is where the output is no terminal" };
        var interval = new Option<double>("--interval")
        {
            Description = "Seconds between two looks",
            HelpName = "SECONDS",
            DefaultValueFactory = _ => IntervalSecondsDefault,
        };
        interval.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0
                && (!double.TryParse(result.Tokens[0].Value, out var seconds)
                    || seconds is < IntervalSecondsMin or > IntervalSecondsMax))
            {
                result.AddError($"--interval is a number from {IntervalSecondsMin} to {IntervalSecondsMax}.");
            }
        });
        var url = Connections.UrlOption();
        var json = CommonOptions.Json("Print one JSON document and end");
        var command = new Command("top", "Show how busy the engine is") { once, interval, json, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            if (parsed.GetValue(json))
            {
                CliJson.Print(terminal, await client.GetLoadAsync(cancellationToken), CliJson.Documents.RunsLoad);
                return 0;
            }

            var screen = terminal.OutScreen;
            if (parsed.GetValue(once) || !screen.IsTerminal)
            {
                Show(screen, await client.GetLoadAsync(cancellationToken));
                return 0;
            }

            var pause = TimeSpan.FromSeconds(parsed.GetValue(interval));
            while (true)
            {
                var load = await client.GetLoadAsync(cancellationToken);
                screen.Clear();
                Show(screen, load);
                screen.Flush();
                await Task.Delay(pause, terminal.Clock, cancellationToken);
            }
        });
        return command;
    }

    private static void Show(Screen screen, RunsLoad load)
    {
        screen.Line(
            ("Steps ", Tone.Dim), ($"{load.StepsPerSecond:0.0}/s", Tone.Bold),
            ($" (all tenants {load.StepsPerSecondAll:0.0}/s)   ", Tone.Dim), ("Active runs ", Tone.Dim),
            ($"{Format.Count(load.ActiveRuns)}", Tone.Bold), ($" of {Format.Count(load.ActiveRunsMax)}", Tone.Dim));
        var counts = load.Runs.Select(one => $"{Format.Count(one.Count)} {WordOf(one.Status)}");
        screen.Line(("Runs ", Tone.Dim), (load.Runs.Count == 0 ? "none" : string.Join(" · ", counts), Tone.Plain));
        screen.Line();
        if (load.Pools.Count == 0)
        {
            screen.Line("No step has been performed since the server started.", Tone.Dim);
            return;
        }

        var table = new ListTable(
            new ListColumn("POOL"),
            new ListColumn("SIZE", Rank: 3, IsNumber: true),
            new ListColumn("IN USE", IsNumber: true),
            new ListColumn("WAITING", IsNumber: true),
            new ListColumn("YOURS IN USE", Rank: 1, IsNumber: true),
            new ListColumn("YOURS WAITING", Rank: 2, IsNumber: true));
        foreach (var pool in load.Pools)
        {
            table.Add(
                new ListCell(pool.Name, Tone.Bold),
                Format.Count(pool.Size),
                new ListCell(Format.Count(pool.InUse), pool.InUse >= pool.Size ? Tone.Warn : Tone.Plain),
                new ListCell(Format.Count(pool.Waiting), pool.Waiting > 0 ? Tone.Warn : Tone.Dim),
                Format.Count(pool.OwnInUse),
                Format.Count(pool.OwnWaiting));
        }

        table.Show(screen);
    }

    private static string WordOf(RunStatus status) => status switch
    {
        RunStatus.InDoubt => "in doubt",
        _ => status.ToString().ToLowerInvariant(),
    };
}
