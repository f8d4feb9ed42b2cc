using Spectre.Console;

namespace CodexOS.Cli.Screens;

/// <summary>A column of a table.</summary>
/// <param name="Header">Its head.</param>
/// <param name="Rank">How early it goes when the terminal is too narrow: the highest first, 0 never.</param>
/// <param name="IsNumber">Whether it is aligned to the right.</param>
/// <param name="IsFlexible">Whether it is cut to what room there is.</param>
internal sealed record ListColumn(string Header, int Rank = 0, bool IsNumber = false, bool IsFlexible = false);

/// <summary>A cell of a table.</summary>
internal readonly record struct ListCell(string Text, Tone Tone = Tone.Plain)
{
    public static implicit operator ListCell(string text) => new(text);
}

/// <summary>
/// A list for people: one line an item, columns that go when there is no room for them, one column that shrinks.
/// </summary>
internal sealed class ListTable(params ListColumn[] columns)
{
    private const int Gap = 2;
    private const int FlexibleMin = 12;

    private readonly List<ListCell[]> _rows = [];

    public int Count => _rows.Count;

    public void Add(params ListCell[] cells) =>
        _rows.Add([.. cells.Select(cell => cell with { Text = PlainText.LineOf(cell.Text) })]);

    public void Show(Screen screen)
    {
        var widths = columns.Select((column, i) => _rows.Select(row => row[i].Text.GetCellWidth())
            .Append(column.Header.Length)
            .Max()).ToArray();
        var shown = Enumerable.Range(0, columns.Length).ToList();
        while (Room(shown, widths, screen.Width) < 0 && shown.MaxBy(i => columns[i].Rank) is var least
            && columns[least].Rank > 0)
        {
            shown.Remove(least);
        }

        var room = Room(shown, widths, screen.Width);
        var table = new Table { Border = TableBorder.None, ShowHeaders = true, Expand = false };
        foreach (var i in shown) table.AddColumn(HeaderOf(columns[i], isLast: i == shown[^1]));
        foreach (var row in _rows)
        {
            table.AddRow(shown.Select(i => new Text(
                columns[i].IsFlexible ? Screen.Fit(row[i].Text, FlexWidth(widths[i], room)) : row[i].Text,
                StyleOf(row[i].Tone))));
        }

        screen.Render(table);
    }

    private static int FlexWidth(int natural, int room) => Math.Min(natural, FlexibleMin + Math.Max(0, room));

    // What is left of the width when flexible columns have only their least.
    private int Room(List<int> shown, int[] widths, int width) =>
        width - (Gap * (shown.Count - 1))
        - shown.Sum(i => columns[i].IsFlexible ? Math.Min(FlexibleMin, widths[i]) : widths[i]);

    private static TableColumn HeaderOf(ListColumn column, bool isLast) =>
        new(new Text(column.Header, new Style(decoration: Decoration.Dim)))
        {
            NoWrap = true,
            Alignment = column.IsNumber ? Justify.Right : Justify.Left,
            Padding = new Padding(0, 0, isLast ? 0 : Gap, 0),
        };

    private static Style StyleOf(Tone tone) => tone switch
    {
        Tone.Dim => new Style(decoration: Decoration.Dim),
        Tone.Bold => new Style(decoration: Decoration.Bold),
        Tone.Good => new Style(Color.Green),
        Tone.Bad => new Style(Color.Red),
        Tone.Warn => new Style(Color.Olive),
        Tone.Info => new Style(Color.Teal),
        _ => Style.Plain,
    };
}
