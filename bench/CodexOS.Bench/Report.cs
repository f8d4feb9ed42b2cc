using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace CodexOS.Bench;

/// <summary>Collects rounds of measurements, prints medians and ratios, and writes everything as JSON.</summary>
internal sealed class Report(string name, string load)
{
    private static readonly JsonSerializerOptions s_json = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
    };

    private readonly Dictionary<string, (string Unit, List<double> Rounds)> _series = [];
    private readonly List<(string Name, string Of, string Baseline)> _ratios = [];

    /// <summary>Adds one round's value to a series.</summary>
    public void Add(string series, double value, string unit)
    {
        if (!_series.TryGetValue(series, out var known)) _series[series] = known = (unit, []);
        known.Rounds.Add(value);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {series,-66} {value,14:N1} {unit}"));
    }

    /// <summary>Whether a series was measured.</summary>
    public bool Has(string series) => _series.ContainsKey(series);

    /// <summary>The median of a series' rounds.</summary>
    public double MedianOf(string series) => Median(_series[series].Rounds);

    /// <summary>States that the medians of two series are to be compared.</summary>
    public void Compare(string ratio, string of, string baseline) => _ratios.Add((ratio, of, baseline));

    /// <summary>Prints the medians and ratios and writes the file <c>name.json</c>.</summary>
    public void Write(string directory)
    {
        Console.WriteLine();
        var series = _series.ToDictionary(
            one => one.Key,
            one => new
            {
                one.Value.Unit,
                Median = Math.Round(Median(one.Value.Rounds), 2),
                Min = Math.Round(one.Value.Rounds.Min(), 2),
                Max = Math.Round(one.Value.Rounds.Max(), 2),
                Rounds = one.Value.Rounds.Select(value => Math.Round(value, 2)),
            });
        foreach (var (key, one) in series)
        {
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{key,-66} median {one.Median,12:N1} {one.Unit}  ({one.Min:N1} … {one.Max:N1})"));
        }

        var ratios = _ratios.ToDictionary(
            ratio => ratio.Name, ratio => Math.Round(series[ratio.Of].Median / series[ratio.Baseline].Median, 3));
        foreach (var (key, ratio) in ratios) Console.WriteLine($"{key,-66} {ratio.ToString(CultureInfo.InvariantCulture)}");

        Directory.CreateDirectory(directory);
        var path = Path.Combine(directory, $"{name}.json");
        File.WriteAllText(path, JsonSerializer.Serialize(new { name, load, machine = Machine(), series, ratios }, s_json) + "\n");
        Console.WriteLine($"\nWritten to {path}");
    }

    /// <summary>The value that so many percent of all are not above; 0 of none.</summary>
    public static double Percentile(IReadOnlyCollection<double> values, double percent)
    {
        if (values.Count == 0) return 0;
        var sorted = values.Order().ToList();
        return sorted[Math.Clamp((int)Math.Ceiling(percent / 100 * sorted.Count) - 1, 0, sorted.Count - 1)];
    }

    private static double Median(List<double> values)
    {
        var sorted = values.Order().ToList();
        var middle = sorted.Count / 2;
        return sorted.Count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    private static object Machine() => new
    {
        Cores = Environment.ProcessorCount,
        Os = RuntimeInformation.OSDescription,
        Runtime = RuntimeInformation.FrameworkDescription,
        LoadAverage = File.ReadAllText("/proc/loadavg").Split(' ')[0],
        Debug = Debugger.IsAttached || typeof(Report).Assembly
            .GetCustomAttributes(typeof(DebuggableAttribute), inherit: false)
            .OfType<DebuggableAttribute>().Any(attribute => attribute.IsJITOptimizerDisabled),
    };
}
