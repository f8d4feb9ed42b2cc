namespace CodexOS.Knowledge.Index.Embedding;

/// <summary>What is needed of linear algebra on matrices of some hundred rows.</summary>
internal static class SmallMatrices
{
    private const double Ridge = 1e-7;

    /// <summary>The inverse of the upper factor R of a symmetric matrix RᵀR; zeros where columns depend on others.</summary>
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
}
