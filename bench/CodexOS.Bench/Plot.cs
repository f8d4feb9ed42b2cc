using System.Globalization;
using System.Net;
using System.Text;

namespace CodexOS.Bench;

/// <summary>One line of a plot.</summary>
/// <param name="Name">Written beside its end.</param>
/// <param name="Points">Where it goes; both coordinates are above 0.</param>
internal sealed record PlotLine(string Name, (double X, double Y)[] Points);

/// <summary>Draws lines over two logarithmic axes as an SVG picture that can be read on light and on dark paper.</summary>
internal static class Plot
{
    private const double Width = 860, Height = 440, Left = 64, Right = 240, Top = 48, Bottom = 48;
    private const double LabelHeight = 16;

    // Told apart by people who see colours differently; lighter on dark paper.
    private static readonly (string Light, string Dark)[] s_colours =
    [
        ("#0057b8", "#6cb4ff"), ("#007a6e", "#3fd6c2"), ("#b3261e", "#ff8a80"), ("#a15c00", "#ffb74d"),
        ("#6b3fa0", "#c5a3ff"), ("#5a5a5a", "#b8b8b8"), ("#8a6d00", "#e6d04a"),
    ];

    public static void Write(string path, string title, string xLabel, PlotLine[] lines)
    {
        var points = lines.SelectMany(line => line.Points).ToList();
        var x = new Axis(points.Select(point => point.X), Left, Width - Right);
        var y = new Axis(points.Select(point => point.Y), Height - Bottom, Top);
        var svg = new StringBuilder();
        Add(svg, $"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {Width} {Height}" role="img" aria-label="{Text(title)}">""");
        svg.Append(Style(lines.Length));
        Add(svg, $"""<rect class="paper" width="{Width}" height="{Height}"/>""");
        Add(svg, $"""<text class="title" x="{Left}" y="26">{Text(title)}</text>""");
        foreach (var tick in y.Ticks)
        {
            Add(svg, $"""<line class="grid" x1="{Left}" x2="{Width - Right}" y1="{y.At(tick):0.#}" y2="{y.At(tick):0.#}"/>""");
            Add(svg, $"""<text class="label" x="{Left - 8}" y="{y.At(tick) + 4:0.#}" text-anchor="end">{tick:N0}</text>""");
        }

        foreach (var tick in x.Ticks)
            Add(svg, $"""<text class="label" x="{x.At(tick):0.#}" y="{Height - Bottom + 20}" text-anchor="middle">{tick:N0}</text>""");
        Add(svg, $"""<text class="label" x="{(Left + Width - Right) / 2}" y="{Height - 8}" text-anchor="middle">{Text(xLabel)}</text>""");
        var labels = LabelHeights([.. lines.Select(line => y.At(line.Points[^1].Y))]);
        for (var i = 0; i < lines.Length; i++)
        {
            var corners = string.Join(' ', lines[i].Points.Select(point =>
                string.Create(CultureInfo.InvariantCulture, $"{x.At(point.X):0.#},{y.At(point.Y):0.#}")));
            Add(svg, $"""<polyline class="line c{i}" points="{corners}"/>""");
            foreach (var point in lines[i].Points)
                Add(svg, $"""<circle class="dot c{i}" cx="{x.At(point.X):0.#}" cy="{y.At(point.Y):0.#}" r="3.5"/>""");
            Add(svg, $"""<text class="name c{i}" x="{Width - Right + 14}" y="{labels[i] + 4:0.#}">{Text(lines[i].Name)}</text>""");
        }

        svg.Append("</svg>\n");
        File.WriteAllText(path, svg.ToString());
        Console.WriteLine($"Written to {path}");
    }

    /// <summary>Where names stand so that none covers another: as near to their line's end as the others let them.</summary>
    private static double[] LabelHeights(double[] wanted)
    {
        var heights = (double[])wanted.Clone();
        var order = Enumerable.Range(0, wanted.Length).OrderBy(i => wanted[i]).ToArray();
        for (var i = 1; i < order.Length; i++)
            heights[order[i]] = Math.Max(heights[order[i]], heights[order[i - 1]] + LabelHeight);
        return heights;
    }

    private static string Style(int lines)
    {
        var (light, dark) = (new StringBuilder(), new StringBuilder());
        for (var i = 0; i < lines; i++)
        {
            var (onLight, onDark) = s_colours[i % s_colours.Length];
            light.Append($".c{i}{{--c:{onLight}}}");
            dark.Append($".c{i}{{--c:{onDark}}}");
        }

        return $$"""
            <style>
            text{font:12px system-ui,sans-serif;fill:#222}.title{font-size:15px;font-weight:600}.paper{fill:#fff}
            .grid{stroke:#ddd}.line{fill:none;stroke:var(--c);stroke-width:2}.dot{fill:var(--c)}.name{fill:var(--c)}{{light}}
            @media (prefers-color-scheme:dark){text{fill:#e6e6e6}.paper{fill:#14171c}.grid{stroke:#333a44}
            .name{fill:var(--c)}{{dark}}}
            </style>

            """;
    }

    private static void Add(StringBuilder svg, FormattableString element) =>
        svg.Append(element.ToString(CultureInfo.InvariantCulture)).Append('\n');

    private static string Text(string text) => WebUtility.HtmlEncode(text);

    /// <summary>Whole powers of ten around the values.</summary>
    private sealed class Axis
    {
        private readonly double _from, _to;
        private readonly double _low, _high;

        public Axis(IEnumerable<double> values, double from, double to)
        {
            var all = values.ToList();
            (_from, _to) = (from, to);
            _low = Math.Floor(Math.Log10(all.Min()));
            _high = Math.Max(_low + 1, Math.Ceiling(Math.Log10(all.Max())));
        }

        public IEnumerable<double> Ticks
        {
            get
            {
                for (var power = _low; power <= _high; power++) yield return Math.Pow(10, power);
            }
        }

        public double At(double value) => _from + ((Math.Log10(value) - _low) / (_high - _low) * (_to - _from));
    }
}
