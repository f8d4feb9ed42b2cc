using CodexOS.Knowledge.Index.Vectors;

namespace CodexOS.Knowledge.Index.Embedding;

/// <summary>A full matrix, row by row.</summary>
internal sealed class DenseMatrix(int rowCount, int columnCount)
{
    private const int RowsPerPart = 256;

    private readonly float[] _values = new float[rowCount * columnCount];

    public int RowCount => rowCount;

    public int ColumnCount => columnCount;

    public Span<float> Row(int row) => _values.AsSpan(row * columnCount, columnCount);

    /// <summary>Random numbers, the same each time.</summary>
    public static DenseMatrix Random(int rowCount, int columnCount, ulong seed)
    {
        var matrix = new DenseMatrix(rowCount, columnCount);
        for (var i = 0; i < matrix._values.Length; i++) matrix._values[i] = SplitMix.Normal(ref seed);
        return matrix;
    }

    /// <summary>Multiplies by a small matrix.</summary>
    public DenseMatrix Times(double[,] right)
    {
        var narrow = new DenseMatrix(right.GetLength(0), right.GetLength(1));
        for (var i = 0; i < narrow.RowCount; i++)
        {
            for (var j = 0; j < narrow.ColumnCount; j++) narrow.Row(i)[j] = (float)right[i, j];
        }

        var product = new DenseMatrix(rowCount, narrow.ColumnCount);
        for (var row = 0; row < rowCount; row++)
        {
            var from = Row(row);
            var sum = product.Row(row);
            for (var i = 0; i < columnCount; i++) Kernels.AddScaled(narrow.Row(i), from[i], sum);
        }

        return product;
    }

    /// <summary>The scalar products of the columns with one another.</summary>
    public double[,] Gram()
    {
        var gram = new double[columnCount, columnCount];
        for (var start = 0; start < rowCount; start += RowsPerPart)
        {
            // Added up in parts, so that the sums of many small numbers keep their digits.
            var part = new DenseMatrix(columnCount, columnCount);
            for (var row = start; row < Math.Min(rowCount, start + RowsPerPart); row++)
            {
                var values = Row(row);
                for (var i = 0; i < columnCount; i++) Kernels.AddScaled(values, values[i], part.Row(i));
            }

            for (var i = 0; i < columnCount; i++)
            {
                for (var j = 0; j < columnCount; j++) gram[i, j] += part.Row(i)[j];
            }
        }

        return gram;
    }

    /// <summary>
    /// Columns at right angles that span the same space: Cholesky's factor of the Gram matrix is divided out, twice, since
    /// once leaves what rounding has spoilt.
    /// </summary>
    public DenseMatrix Orthonormal() => OnceOrthonormal().OnceOrthonormal();

    private DenseMatrix OnceOrthonormal() => Times(SmallMatrices.InverseFactor(Gram()));
}
