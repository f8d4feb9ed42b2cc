using System.Text;
using CodexOS.Knowledge.Extraction.Tables;

namespace CodexOS.Knowledge.Extraction.Web;

/// <summary>
/// A table of a page as it is read. A table of one column, or of one row, lays out the page and is no table; its cells
/// become paragraphs.
/// </summary>
internal sealed class HtmlTable(Place? place)
{
    private const int SpanMax = 64;
    private const int ColumnsMax = 512;
    private const int RowsHeldMax = 2_000;

    private readonly List<List<string>> _rows = [];
    private readonly List<Block> _full = [];
    private readonly StringBuilder _cell = new();
    private readonly Dictionary<int, (string Text, int Rows)> _fromAbove = [];
    private readonly Dictionary<int, (string Text, int Rows)> _below = [];
    private List<string>? _row;
    private int _columns = 1;
    private int _rowsOfCell = 1;
    private TableWriter? _writer;

    public bool IsInCell { get; private set; }

    public void BeginRow()
    {
        EndRow();
        _row = [];
        FillFromAbove();
    }

    public void BeginCell(string? columns, string? rows)
    {
        EndCell();
        if (_row is null) BeginRow();
        _columns = Span(columns);
        _rowsOfCell = Span(rows);
        IsInCell = true;
    }

    public void Say(string text)
    {
        if (_cell.Length > 0) _cell.Append(' ');
        _cell.Append(text);
    }

    /// <summary>The table as the text of the cell it stands in.</summary>
    public string AsText()
    {
        EndRow();
        return string.Join("; ", _rows.Select(row => string.Join(", ", row.Where(cell => cell.Length > 0))));
    }

    public IEnumerable<Block> Finish()
    {
        EndRow();
        if (_writer is null && _rows.All(row => row.Count(cell => cell.Length > 0) <= 1))
        {
            return _rows.SelectMany(row => row).Where(cell => cell.Length > 0)
                .Select(cell => new Block(BlockKind.Paragraph, cell, 0, place));
        }

        Write();
        if (_writer!.Finish() is { } last) _full.Add(last);
        return _full;
    }

    private void EndRow()
    {
        EndCell();
        if (_row is { Count: > 0 } row && row.Exists(cell => cell.Length > 0)) _rows.Add(row);
        _row = null;
        _fromAbove.Clear();
        foreach (var (column, span) in _below) _fromAbove[column] = span;
        _below.Clear();
        if (_rows.Count > RowsHeldMax) Write();
    }

    private void EndCell()
    {
        if (!IsInCell) return;
        IsInCell = false;
        var text = BlockText.Collapse(_cell.ToString());
        _cell.Clear();
        for (var i = 0; i < _columns && _row!.Count < ColumnsMax; i++)
        {
            // A cell over several columns says its words once; one over several rows says them in each.
            var said = i == 0 ? text : "";
            if (_rowsOfCell > 1) _below[_row.Count] = (said, _rowsOfCell - 1);
            _row.Add(said);
        }

        FillFromAbove();
    }

    private void FillFromAbove()
    {
        while (_row!.Count < ColumnsMax && _fromAbove.Remove(_row.Count, out var span))
        {
            if (span.Rows > 1) _below[_row.Count] = (span.Text, span.Rows - 1);
            _row.Add(span.Text);
        }
    }

    private void Write()
    {
        _writer ??= new TableWriter(place);
        foreach (var row in _rows)
        {
            if (_writer.Add(row) is { } piece) _full.Add(piece);
        }

        _rows.Clear();
    }

    private static int Span(string? value) => int.TryParse(value, out var span) ? Math.Clamp(span, 1, SpanMax) : 1;
}
