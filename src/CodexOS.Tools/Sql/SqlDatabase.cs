using System.Text.Json;
using CodexOS.Platform.Faults;

namespace CodexOS.Tools.Sql;

/// <summary>
/// A database that can be read. Both ways give a fault for whatever the statement or the database is to blame for.
/// </summary>
internal abstract class SqlDatabase : IAsyncDisposable
{
    /// <summary>What it is, for the model: the dialect that it understands.</summary>
    public abstract string Dialect { get; }

    /// <summary>Runs one statement that only reads.</summary>
    /// <param name="sql">The statement; its parameters are $1, $2 and so on.</param>
    /// <param name="parameters">Texts, numbers, truth values and nulls.</param>
    /// <param name="rowsMax">Most rows.</param>
    /// <param name="cancellationToken">Ends the statement in the database too.</param>
    public abstract Task<Result<SqlRows>> QueryAsync(
        string sql, IReadOnlyList<JsonElement> parameters, int rowsMax, CancellationToken cancellationToken);

    /// <summary>
    /// Tables and views with their columns: schema, table, kind, column, type, whether it can be null, in this order.
    /// </summary>
    public abstract Task<Result<SqlRows>> ColumnsAsync(int rowsMax, CancellationToken cancellationToken);

    /// <inheritdoc />
    public abstract ValueTask DisposeAsync();
}

/// <summary>A column of a result.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its type, as the database calls it; empty where the database knows none.</param>
internal readonly record struct SqlColumn(string Name, string Type);

/// <summary>A result.</summary>
/// <param name="Columns">Its columns.</param>
/// <param name="Rows">Its rows: numbers, truth values, texts and nulls.</param>
internal sealed record SqlRows(IReadOnlyList<SqlColumn> Columns, IReadOnlyList<object?[]> Rows)
{
    /// <summary>Whether there are more rows.</summary>
    public bool HasMore { get; init; }

    /// <summary>Whether values were shortened.</summary>
    public bool HasCutValues { get; init; }
}

/// <summary>Takes the rows of a result one by one, up to the limits.</summary>
internal sealed class SqlRowsBuilder(IReadOnlyList<SqlColumn> columns, SqlOptions limits, int rowsMax)
{
    // The largest whole number that JSON's readers agree on.
    private const long WholeMax = 1L << 53;
    private readonly List<object?[]> _rows = [];
    private long _length;
    private bool _hasCut;

    /// <summary>Whether no more rows are taken.</summary>
    public bool IsFull => _rows.Count >= rowsMax || _length > limits.ResultLengthMax;

    /// <summary>Takes a row.</summary>
    public void Add(object?[] row)
    {
        foreach (var value in row) _length += value is string text ? text.Length + 3 : 8;
        _rows.Add(row);
    }

    /// <summary>A text as it is shown.</summary>
    /// <param name="text">The text, or its beginning.</param>
    /// <param name="isWhole">Whether it is all of it.</param>
    public string Show(string text, bool isWhole = true)
    {
        if (isWhole && text.Length <= limits.ValueLengthMax) return text;
        _hasCut = true;
        var end = Math.Min(text.Length, limits.ValueLengthMax);
        if (end > 0 && char.IsHighSurrogate(text[end - 1])) end--;
        return text[..end] + "…";
    }

    /// <summary>Bytes as they are shown: in hexadecimal digits.</summary>
    public string Show(ReadOnlySpan<byte> bytes, long length)
    {
        var shown = bytes[..(int)Math.Min(Math.Min(bytes.Length, length), limits.ValueLengthMax)];
        _hasCut |= shown.Length < length;
        return $"0x{Convert.ToHexStringLower(shown)}{(shown.Length < length ? $"… ({length} bytes)" : "")}";
    }

    /// <summary>A whole number; one that JSON's readers do not agree on is a text.</summary>
    public static object Show(long number) => number is >= -WholeMax and <= WholeMax ? number : number.ToString();

    /// <summary>A number; one that JSON does not have is a text.</summary>
    public static object Show(double number) => double.IsFinite(number) ? number : number.ToString();

    /// <summary>The result.</summary>
    public SqlRows Build(bool hasMore) => new(columns, _rows) { HasMore = hasMore, HasCutValues = _hasCut };
}
