using System.Text;

namespace CodexOS.Knowledge.Extraction.Tables;

/// <summary>
/// Writes rows as Markdown tables of bounded size. The first row is the header; each further piece of a long table
/// begins with it again, so that every piece can be read by itself.
/// </summary>
internal sealed class TableWriter(Func<int, Place?> placeOfRow)
{
    private const int PieceLengthMax = 6_000;
    private const int CellLengthMax = 4_000;
    private const int ColumnsMax = 512;

    private readonly StringBuilder _piece = new();
    private string[]? _header;
    private int _columns;
    private int _rowsInPiece;
    private int _firstRow;
    private int _row;

    public TableWriter(Place? place) : this(_ => place)
    {
    }

    /// <summary>Whether anything has been written.</summary>
    public bool IsEmpty => _header is null;

    /// <summary>Adds a row and hands out the piece that is full with it.</summary>
    public Block? Add(IReadOnlyList<string> cells, int? row = null)
    {
        _row = row ?? _row + 1;
        var count = Math.Min(cells.Count, ColumnsMax);
        while (count > 0 && string.IsNullOrWhiteSpace(cells[count - 1])) count--;
        if (count == 0) return null;
        if (_header is null)
        {
            _header = [.. cells.Take(count)];
            _columns = Math.Max(count, Math.Min(cells.Count, ColumnsMax));
            Begin(_row);
            return null;
        }

        Block? full = null;
        if (_rowsInPiece > 0 && _piece.Length > PieceLengthMax)
        {
            full = Take();
            Begin(_row);
        }

        if (_rowsInPiece == 0) _firstRow = _piece.Length == 0 ? _row : _firstRow;
        Line(cells, Math.Max(count, _columns));
        _rowsInPiece++;
        return full;
    }

    /// <summary>Hands out what is left. A table of one row is a paragraph.</summary>
    public Block? Finish()
    {
        if (_header is null) return null;
        if (_rowsInPiece > 0) return Take();
        return new Block(BlockKind.Paragraph, string.Join(" | ", _header.Where(cell => cell.Length > 0)), 0, placeOfRow(_firstRow));
    }

    private void Begin(int row)
    {
        _firstRow = row;
        _rowsInPiece = 0;
        Line(_header!, _columns);
        _piece.Append('|');
        for (var i = 0; i < _columns; i++) _piece.Append(" --- |");
        _piece.Append('\n');
    }

    private Block Take()
    {
        var block = new Block(BlockKind.Table, _piece.ToString().TrimEnd(), 0, placeOfRow(_firstRow));
        _piece.Clear();
        return block;
    }

    private void Line(IReadOnlyList<string> cells, int columns)
    {
        _piece.Append('|');
        for (var i = 0; i < columns; i++)
        {
            _piece.Append(' ');
            if (i < cells.Count) Cell(cells[i]);
            _piece.Append(" |");
        }

        _piece.Append('\n');
    }

    // A cell is one line, and its bars are not the table's.
    private void Cell(string text)
    {
        var isSpaceDue = false;
        var start = _piece.Length;
        foreach (var c in text)
        {
            if (char.IsWhiteSpace(c))
            {
                isSpaceDue = _piece.Length > start;
                continue;
            }

            if (_piece.Length - start >= CellLengthMax && !char.IsLowSurrogate(c)) return;
            if (isSpaceDue) _piece.Append(' ');
            isSpaceDue = false;
            if (c is '|') _piece.Append('\\');
            _piece.Append(c);
        }
    }
}
