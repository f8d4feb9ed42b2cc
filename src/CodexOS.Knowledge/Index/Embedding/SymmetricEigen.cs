namespace CodexOS.Knowledge.Index.Embedding;

/// <summary>
/// Finds the directions that a symmetric matrix only stretches: reflections (Householder) make it a band of three
/// diagonals, and rotations with Wilkinson's shift (the implicit QL method) make that a single one. Directions are kept as
/// rows, since reflections and rotations then go along memory.
/// </summary>
internal sealed class SymmetricEigen
{
    private const int RoundsMax = 60;

    private readonly int _size;
    private readonly double[][] _directions;
    private readonly double[] _diagonal, _beside;

    private SymmetricEigen(double[,] symmetric)
    {
        _size = symmetric.GetLength(0);
        _directions = Rows((i, j) => i == j ? 1 : 0);
        _diagonal = new double[_size];
        _beside = new double[_size];
        Reflect(Rows((i, j) => symmetric[i, j]));
    }

    /// <summary>Eigenvalues, the greatest first, with their vectors as columns.</summary>
    public static (double[] Values, double[,] Vectors) Of(double[,] symmetric)
    {
        var eigen = new SymmetricEigen(symmetric);
        for (var i = 0; i < eigen._size; i++) eigen.Isolate(i);
        int[] order = [.. Enumerable.Range(0, eigen._size).OrderByDescending(i => eigen._diagonal[i])];
        var vectors = new double[eigen._size, eigen._size];
        for (var i = 0; i < eigen._size; i++)
        {
            for (var j = 0; j < eigen._size; j++) vectors[i, j] = eigen._directions[order[j]][i];
        }

        return (Array.ConvertAll(order, i => eigen._diagonal[i]), vectors);
    }

    private double[][] Rows(Func<int, int, double> value)
    {
        var rows = new double[_size][];
        for (var i = 0; i < _size; i++)
        {
            rows[i] = new double[_size];
            for (var j = 0; j < _size; j++) rows[i][j] = value(i, j);
        }

        return rows;
    }

    /// <summary>Mirrors each row so that only its neighbour beside the diagonal stays.</summary>
    private void Reflect(double[][] matrix)
    {
        var mirror = new double[_size];
        var product = new double[_size];
        for (var k = 0; k + 2 < _size; k++)
        {
            var square = 0d;
            for (var i = k + 1; i < _size; i++) square += matrix[k][i] * matrix[k][i];
            var target = matrix[k][k + 1] > 0 ? -Math.Sqrt(square) : Math.Sqrt(square);
            var length = Math.Sqrt(2 * (square - (target * matrix[k][k + 1])));
            if (length == 0) continue;
            for (var i = k + 1; i < _size; i++) mirror[i] = (matrix[k][i] - (i == k + 1 ? target : 0)) / length;
            Mirror(matrix, mirror, product, k);
        }

        for (var i = 0; i < _size; i++)
        {
            _diagonal[i] = matrix[i][i];
            if (i + 1 < _size) _beside[i] = matrix[i][i + 1];
        }
    }

    private void Mirror(double[][] matrix, double[] mirror, double[] product, int k)
    {
        // The matrix from both sides: A - 2(vpᵀ + pvᵀ) with p = Av - v(vᵀAv).
        var along = 0d;
        for (var i = k; i < _size; i++)
        {
            var sum = 0d;
            for (var j = k + 1; j < _size; j++) sum += matrix[i][j] * mirror[j];
            product[i] = sum;
            if (i > k) along += sum * mirror[i];
        }

        for (var i = k; i < _size; i++)
        {
            var own = i > k ? mirror[i] : 0;
            var rest = product[i] - (along * own);
            for (var j = k; j < _size; j++)
            {
                var other = j > k ? mirror[j] : 0;
                matrix[i][j] -= 2 * ((rest * other) + (own * (product[j] - (along * other))));
            }
        }

        // The directions from one side.
        var shares = new double[_size];
        for (var i = k + 1; i < _size; i++)
        {
            for (var j = 0; j < _size; j++) shares[j] += mirror[i] * _directions[i][j];
        }

        for (var i = k + 1; i < _size; i++)
        {
            for (var j = 0; j < _size; j++) _directions[i][j] -= 2 * mirror[i] * shares[j];
        }
    }

    /// <summary>Rotates until nothing is left beside the diagonal at a place.</summary>
    private void Isolate(int at)
    {
        for (var round = 0; round < RoundsMax; round++)
        {
            var end = at;
            while (end + 1 < _size && !IsApart(end)) end++;
            if (end == at) return;
            var half = (_diagonal[at + 1] - _diagonal[at]) / (2 * _beside[at]);
            var root = Math.Sqrt((half * half) + 1);
            var shifted = _diagonal[end] - _diagonal[at] + (_beside[at] / (half + (half < 0 ? -root : root)));
            Sweep(at, end, shifted);
        }
    }

    private bool IsApart(int at) =>
        Math.Abs(_beside[at]) <= 1e-15 * (Math.Abs(_diagonal[at]) + Math.Abs(_diagonal[at + 1]));

    private void Sweep(int at, int end, double shifted)
    {
        var (sine, cosine, carried) = (1d, 1d, 0d);
        for (var i = end - 1; i >= at; i--)
        {
            var (f, b) = (sine * _beside[i], cosine * _beside[i]);
            var length = Math.Sqrt((f * f) + (shifted * shifted));
            _beside[i + 1] = length;
            if (length == 0)
            {
                // The band has come apart here; the rest is done in the next round.
                _diagonal[i + 1] -= carried;
                _beside[end] = 0;
                return;
            }

            (sine, cosine) = (f / length, shifted / length);
            var rest = _diagonal[i + 1] - carried;
            var turned = ((_diagonal[i] - rest) * sine) + (2 * cosine * b);
            carried = sine * turned;
            _diagonal[i + 1] = rest + carried;
            shifted = (cosine * turned) - b;
            Rotate(_directions[i], _directions[i + 1], sine, cosine);
        }

        _diagonal[at] -= carried;
        _beside[at] = shifted;
        _beside[end] = 0;
    }

    private static void Rotate(double[] one, double[] other, double sine, double cosine)
    {
        for (var k = 0; k < one.Length; k++)
        {
            var value = other[k];
            other[k] = (sine * one[k]) + (cosine * value);
            one[k] = (cosine * one[k]) - (sine * value);
        }
    }
}
