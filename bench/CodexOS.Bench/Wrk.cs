using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace CodexOS.Bench;

/// <summary>Loads a server with the program wrk: one thread, many connections that are kept open.</summary>
internal static partial class Wrk
{
    public const int Connections = 32;

    /// <summary>Asks for one address, again and again, for some seconds.</summary>
    /// <param name="url">The address.</param>
    /// <param name="token">The bearer token that is sent; null to send none.</param>
    /// <param name="seconds">How long.</param>
    /// <exception cref="InvalidOperationException">An answer was not a success.</exception>
    public static async Task<Load> RunAsync(Uri url, string? token, int seconds)
    {
        var start = new ProcessStartInfo("wrk")
        {
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        foreach (var argument in (string[])["-t1", $"-c{Connections}", $"-d{seconds}s", "--latency", $"{url}"])
            start.ArgumentList.Add(argument);
        if (token is not null)
        {
            start.ArgumentList.Add("-H");
            start.ArgumentList.Add($"Authorization: Bearer {token}");
        }

        using var wrk = Process.Start(start)!;
        var output = await wrk.StandardOutput.ReadToEndAsync();
        await wrk.WaitForExitAsync();
        if (output.Contains("Non-2xx", StringComparison.Ordinal))
            throw new InvalidOperationException($"The server refused requests:\n{output}");
        return new Load(
            double.Parse(Requests().Match(output).Groups["value"].Value, CultureInfo.InvariantCulture),
            Milliseconds(P50().Match(output)),
            Milliseconds(P99().Match(output)));
    }

    private static double Milliseconds(Match latency) =>
        double.Parse(latency.Groups["value"].Value, CultureInfo.InvariantCulture) * latency.Groups["unit"].Value switch
        {
            "us" => 0.001,
            "ms" => 1,
            "s" => 1_000,
            var unit => throw new FormatException($"wrk printed the unit '{unit}'."),
        };

    [GeneratedRegex(@"Requests/sec:\s+(?<value>[0-9.]+)", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Requests();

    [GeneratedRegex(@"50%\s+(?<value>[0-9.]+)(?<unit>[mu]?s)", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex P50();

    [GeneratedRegex(@"99%\s+(?<value>[0-9.]+)(?<unit>[mu]?s)", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex P99();

    /// <summary>What one run of wrk saw.</summary>
    public sealed record Load(double RequestsPerSecond, double P50Ms, double P99Ms);
}
