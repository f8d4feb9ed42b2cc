using CodexOS.Knowledge.Index.Vectors;

namespace CodexOS.Knowledge.Index.Embedding;

/// <summary>A matrix of which only few values are not zero, row by row.</summary>
internal sealed class SparseMatrix(int[] starts, int[] columns, float[] values, int columnCount)
{
    public int RowCount => starts.Length - 1;

    public int ColumnCount => columnCount;

    /// <summary>Multiplies by a full matrix.</summary>
    public DenseMatrix Times(DenseMatrix right)
    {
        var product = new DenseMatrix(RowCount, right.ColumnCount);
        for (var row = 0; row < RowCount; row++)
        {
            var sum = product.Row(row);
            for (var i = starts[row]; i < starts[row + 1]; i++) Kernels.AddScaled(right.Row(columns[i]), values[i], sum);
        }

        return product;
    }

    /// <summary>The same matrix with rows and columns exchanged.</summary>
    public SparseMatrix Transposed()
    {
        var newStarts = new int[columnCount + 1];
        foreach (var column in columns) newStarts[column + 1]++;
        for (var i = 0; i < columnCount; i++) newStarts[i + 1] += newStarts[i];
        var next = newStarts.AsSpan(0, columnCount).ToArray();
        var (newColumns, newValues) = (new int[columns.Length], new float[values.Length]);
        for (var row = 0; row < RowCount; row++)
        {
            for (var i = starts[row]; i < starts[row + 1]; i++)
            {
                var place = next[columns[i]]++;
                (newColumns[place], newValues[place]) = (row, values[i]);
            }
        }

        return new SparseMatrix(newStarts, newColumns, newValues, RowCount);
    }
}
