namespace CodexOS.Knowledge.Index.Embedding;

/// <summary>What is needed of linear algebra on matrices of some hundred rows.</summary>
internal static class SmallMatrices
{
    private const double Ridge = 1e-7;
    private const int SweepsMax = 30;

    /// <summary>The inverse of the upper factor R of a symmetric matrix RᵀR, with zeros where a column depends on others.</summary>
    public static double[,] InverseFactor(double[,] symmetric)
    {
        var size = symmetric.GetLength(0);
        var trace = 0d;
        for (var i = 0; i < size; i++) trace += symmetric[i, i];
        var least = trace / size * Ridge;
        var factor = new double[size, size];
        for (var i = 0; i < size; i++)
        {
            var pivot = symmetric[i, i];
            for (var k = 0; k < i; k++) pivot -= factor[k, i] * factor[k, i];
            if (pivot <= least * Ridge) continue;
            factor[i, i] = Math.Sqrt(pivot);
            for (var j = i + 1; j < size; j++)
            {
                var sum = symmetric[i, j];
                for (var k = 0; k < i; k++) sum -= factor[k, i] * factor[k, j];
                factor[i, j] = sum / factor[i, i];
            }
        }

        var inverse = new double[size, size];
        for (var j = 0; j < size; j++)
        {
            if (factor[j, j] == 0) continue;
            inverse[j, j] = 1 / factor[j, j];
            for (var i = j - 1; i >= 0; i--)
            {
                if (factor[i, i] == 0) continue;
                var sum = 0d;
                for (var k = i + 1; k <= j; k++) sum += factor[i, k] * inverse[k, j];
                inverse[i, j] = -sum / factor[i, i];
            }
        }

        return inverse;
    }

    /// <summary>Eigenvalues of a symmetric matrix, the greatest first, with their vectors as columns (Jacobi's method).</summary>
    public static (double[] Values, double[,] Vectors) Eigen(double[,] symmetric)
    {
        var size = symmetric.GetLength(0);
        var matrix = (double[,])symmetric.Clone();
        var vectors = new double[size, size];
        for (var i = 0; i < size; i++) vectors[i, i] = 1;
        var total = 0d;
        foreach (var value in matrix) total += value * value;
        for (var sweep = 0; sweep < SweepsMax && OffDiagonal(matrix) > 1e-20 * total; sweep++)
        {
            for (var p = 0; p < size; p++)
            {
                for (var q = p + 1; q < size; q++) Rotate(matrix, vectors, p, q);
            }
        }

        int[] order = [.. Enumerable.Range(0, size).OrderByDescending(i => matrix[i, i])];
        var sorted = new double[size, size];
        for (var i = 0; i < size; i++)
        {
            for (var j = 0; j < size; j++) sorted[i, j] = vectors[order[j], i];
        }

        return (Array.ConvertAll(order, i => matrix[i, i]), sorted);
    }

    private static double OffDiagonal(double[,] matrix)
    {
        var sum = 0d;
        var size = matrix.GetLength(0);
        for (var i = 0; i < size; i++)
        {
            for (var j = i + 1; j < size; j++) sum += 2 * matrix[i, j] * matrix[i, j];
        }

        return sum;
    }

    /// <summary>Turns two directions so that they have nothing to do with one another. Vectors are kept as rows here.</summary>
    private static void Rotate(double[,] matrix, double[,] vectors, int p, int q)
    {
        var both = matrix[p, q];
        if (both == 0) return;
        var theta = (matrix[q, q] - matrix[p, p]) / (2 * both);
        var tangent = (theta >= 0 ? 1 : -1) / (Math.Abs(theta) + Math.Sqrt((theta * theta) + 1));
        var cosine = 1 / Math.Sqrt((tangent * tangent) + 1);
        var sine = tangent * cosine;
        var size = matrix.GetLength(0);
        for (var k = 0; k < size; k++)
        {
            var (kp, kq) = (matrix[k, p], matrix[k, q]);
            matrix[k, p] = (cosine * kp) - (sine * kq);
            matrix[k, q] = (sine * kp) + (cosine * kq);
        }

        for (var k = 0; k < size; k++)
        {
            var (pk, qk) = (matrix[p, k], matrix[q, k]);
            matrix[p, k] = (cosine * pk) - (sine * qk);
            matrix[q, k] = (sine * pk) + (cosine * qk);
            var (vp, vq) = (vectors[p, k], vectors[q, k]);
            vectors[p, k] = (cosine * vp) - (sine * vq);
            vectors[q, k] = (sine * vp) + (cosine * vq);
        }
    }
}
