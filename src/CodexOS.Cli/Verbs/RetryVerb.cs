using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using CodexOS.Cli.Runs;
using CodexOS.Cli.Screens;
using CodexOS.Client.Contracts;

namespace CodexOS.Cli.Verbs;

/// <summary><c>codexos retry RUN</c>: tries a run that ended again, from the step that failed.</summary>
internal static class RetryVerb
{
    private const decimal CostMaxUsd = 1_000_000_000;

    public static Command Create(Terminal terminal, Connections connections)
    {
        var name = CommonOptions.Run();
        var steps = Limit<int?>("--steps-max", "Most steps", "N");
        var seconds = Limit<int?>("--time-max", "Longest time, in seconds", "SECONDS");
        var tokens = Limit<long?>("--tokens-max", "Most model tokens", "N");
        var cost = new Option<decimal?>("--cost-max")
        {
            Description = "Most money, in US dollars, instead of what it had",
            HelpName = "USD",
            CustomParser = ParseMoney,
        };
        var note = new Option<string?>("--note") { Description = "Why; the journal keeps it", HelpName = "TEXT" };
        var url = Connections.UrlOption();
        var json = CommonOptions.Json();
        var command = new Command("retry", "Try a run that failed again, from the step that failed")
        {
            name, steps, seconds, tokens, cost, note, json, url,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var limits = new RunLimits(
                parsed.GetValue(steps),
                parsed.GetValue(seconds),
                parsed.GetValue(tokens),
                parsed.GetValue(cost) is { } usd ? (long)(usd * 1_000_000) : null);
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var found = await RunLookup.FindAsync(client, parsed.GetRequiredValue(name), cancellationToken);
            var run = await client.RetryRunAsync(
                found.Id, parsed.GetValue(note), limits == new RunLimits() ? null : limits, cancellationToken);
            if (parsed.GetValue(json)) CliJson.Print(terminal, run, CliJson.Documents.Run);
            else terminal.OutScreen.Line($"↻ {run.Id} is tried again; codexos logs -f {run.Id}", Tone.Good);
            return 0;
        });
        return command;
    }

    private static Option<T> Limit<T>(string option, string description, string unit)
    {
        var limit = new Option<T>(option) { Description = $"{description}, instead of what it had", HelpName = unit };
        limit.Validators.Add(result =>
        {
            var text = result.Tokens.Count == 0 ? "" : result.Tokens[^1].Value;
            if (!long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) || count < 1)
                result.AddError($"{option} is a whole number of 1 or more.");
        });
        return limit;
    }

    private static decimal? ParseMoney(ArgumentResult result)
    {
        var text = result.Tokens[^1].Value;
        if (decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var usd)
            && usd is >= 0.000001m and <= CostMaxUsd)
        {
            return usd;
        }

        result.AddError("--cost-max is an amount like 0.25, in US dollars.");
        return null;
    }
}
