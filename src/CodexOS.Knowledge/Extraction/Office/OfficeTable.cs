using System.Text;
using CodexOS.Knowledge.Extraction.Tables;

namespace CodexOS.Knowledge.Extraction.Office;

/// <summary>A table of an Office or OpenDocument file as it is read, row by row.</summary>
internal sealed class OfficeTable(Place? place)
{
    private const int ColumnsMax = 512;
    private const int CellLengthMax = 32 * 1024;
    private const int HeldTextMax = 16 * 1024;

    private readonly TableWriter _writer = new(place);
    private readonly StringBuilder _cell = new();
    private readonly StringBuilder _text = new();
    private List<string> _row = [];
    private List<string> _above = [];
    private int _span = 1;
    private int _times = 1;
    private bool _isRepeated;

    public bool IsInCell { get; private set; }

    public void BeginRow() => _row = [];

    public void BeginCell()
    {
        IsInCell = true;
        (_span, _times) = (1, 1);
        _isRepeated = false;
        _cell.Clear();
    }

    /// <summary>The cell reaches over several columns; its words are said once.</summary>
    public void SpanCell(int columns) => _span = Math.Clamp(columns, 1, ColumnsMax);

    /// <summary>The cell stands so many times side by side.</summary>
    public void RepeatCell(int times) => _times = Math.Clamp(times, 1, ColumnsMax);

    public void SkipCells(int columns)
    {
        for (var i = 0; i < Math.Min(columns, ColumnsMax) && _row.Count < ColumnsMax; i++) _row.Add("");
    }

    /// <summary>The cell belongs to the one above it.</summary>
    public void RepeatAbove() => _isRepeated = true;

    public void Say(string text)
    {
        if (_cell.Length > CellLengthMax) return;
        if (_cell.Length > 0) _cell.Append(' ');
        _cell.Append(text);
    }

    public void EndCell()
    {
        if (!IsInCell) return;
        IsInCell = false;
        var text = _isRepeated && _row.Count < _above.Count ? _above[_row.Count] : BlockText.Collapse(_cell.ToString());
        for (var i = 0; i < _span * _times && _row.Count < ColumnsMax; i++) _row.Add(i % _span == 0 ? text : "");
    }

    public Block? EndRow()
    {
        EndCell();
        _above = _row;
        if (_text.Length < HeldTextMax)
        {
            if (_text.Length > 0) _text.Append("; ");
            _text.AppendJoin(", ", _row.Where(cell => cell.Length > 0));
        }

        return _writer.Add(_row);
    }

    /// <summary>The table as the text of the cell it stands in.</summary>
    public string AsText() => _text.ToString();

    public Block? Finish() => _writer.Finish();
}
