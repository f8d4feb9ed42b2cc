using System.Runtime.InteropServices;
using System.Text;
using CodexOS.Knowledge.Index.Lexical;
using CodexOS.Knowledge.Index.Storage;
using CodexOS.Knowledge.Index.Vectors;

namespace CodexOS.Knowledge.Index.Embedding;

/// <summary>
/// Fits latent semantic analysis to the passages of a base (Deerwester et al., 1990): the directions in which a sample of
/// passages differs most, by a randomised singular value decomposition (Halko et al., 2011) that gives the same basis for
/// the same passages.
/// </summary>
internal sealed class LsaFit
{
    public const int SampleMax = 20_000;
    public const int VocabularyMax = 40_000;

    private const int Oversampling = 24;
    private const int PowerRounds = 2;
    private const ulong Seed = 0xC0DE_0515;
    private const double SingularMin = 1e-3;

    // In a small base a word that stands once still tells passages apart; in a large one it is noise.
    private const int SmallSample = 2_000;

    private readonly List<int> _starts = [0], _columns = [];
    private readonly List<float> _values = [];
    private readonly Dictionary<string, int> _numbers = new(StringComparer.Ordinal);
    private readonly List<string> _names = [];
    private readonly List<int> _counts = [];

    /// <summary>Fits a basis and writes its file; false if the passages do not differ enough for one.</summary>
    public static bool TryWrite(Snapshot snapshot, int dimensionMax, string path, CancellationToken cancellationToken)
    {
        var fit = new LsaFit();
        fit.Sample(snapshot);
        cancellationToken.ThrowIfCancellationRequested();
        return fit.TryWrite(dimensionMax, path, cancellationToken);
    }

    private void Sample(Snapshot snapshot)
    {
        var step = Math.Max(1.0, snapshot.PassageCount / (double)SampleMax);
        var (seen, next) = (0, 0.0);
        foreach (var view in snapshot.Views)
        {
            var numbers = new int[view.Segment.Terms.Length];
            for (var passage = 0; passage < view.Segment.Count; passage++)
            {
                if (!view.IsAlive(passage) || seen++ < next) continue;
                next += step;
                Add(view.Segment, passage, numbers);
            }
        }
    }

    private void Add(Segment segment, int passage, int[] numbers)
    {
        var terms = segment.TermsOf(passage);
        while (terms.Next())
        {
            // Numbers are kept from one, zero being a term that has not been met in this segment.
            if (numbers[terms.Term] == 0) numbers[terms.Term] = NumberOf(segment.NameOf(terms.Term)) + 1;
            var number = numbers[terms.Term] - 1;
            _counts[number]++;
            _columns.Add(number);
            _values.Add(LsaBasis.Dampened(terms.Frequency));
        }

        _starts.Add(_columns.Count);
    }

    private int NumberOf(ReadOnlySpan<byte> name)
    {
        var text = Encoding.UTF8.GetString(name);
        if (_numbers.TryGetValue(text, out var number)) return number;
        _numbers[text] = number = _names.Count;
        _names.Add(text);
        _counts.Add(0);
        return number;
    }

    private bool TryWrite(int dimensionMax, string path, CancellationToken cancellationToken)
    {
        // 1. The vocabulary: the words that the most passages share. Ordered by name, so that segmentation changes nothing.
        var passages = _starts.Count - 1;
        var countMin = passages > SmallSample ? 2 : 1;
        int[] vocabulary =
        [
            .. Enumerable.Range(0, _names.Count)
                .Where(i => _counts[i] >= countMin && _counts[i] < passages)
                .OrderByDescending(i => _counts[i]).ThenBy(i => _names[i], StringComparer.Ordinal)
                .Take(VocabularyMax)
                .OrderBy(i => _names[i], StringComparer.Ordinal),
        ];
        var width = Math.Min(dimensionMax + Oversampling, Math.Min(passages, vocabulary.Length));
        if (width < 2) return false;
        var rarities = Array.ConvertAll(vocabulary, i => (float)Math.Log(1 + (passages / (double)_counts[i])));
        var matrix = Matrix(vocabulary, rarities);

        // 2. The space that the passages mostly lie in, found by multiplying random vectors with them to and fro.
        var transposed = matrix.Transposed();
        var space = matrix.Times(DenseMatrix.Random(vocabulary.Length, width, Seed)).Orthonormal();
        for (var round = 0; round < PowerRounds; round++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            space = matrix.Times(transposed.Times(space).Orthonormal()).Orthonormal();
        }

        // 3. Its main directions, as a vector for each word.
        var words = transposed.Times(space);
        var (squares, directions) = SymmetricEigen.Of(words.Gram());
        var dimension = Math.Min(dimensionMax, squares.Count(square => square > squares[0] * SingularMin * SingularMin));
        var turn = new double[width, dimension];
        for (var i = 0; i < width; i++)
        {
            for (var j = 0; j < dimension; j++) turn[i, j] = directions[i, j] / Math.Sqrt(squares[j]);
        }

        LsaBasis.Write(path, Array.ConvertAll(vocabulary, i => _names[i]), rarities, words.Times(turn));
        return true;
    }

    /// <summary>Passages by words, each passage of length one.</summary>
    private SparseMatrix Matrix(int[] vocabulary, float[] rarities)
    {
        var columnOf = new int[_names.Count];
        Array.Fill(columnOf, -1);
        for (var column = 0; column < vocabulary.Length; column++) columnOf[vocabulary[column]] = column;
        var (starts, columns, values) = (new List<int> { 0 }, new List<int>(), new List<float>());
        for (var row = 0; row + 1 < _starts.Count; row++)
        {
            for (var i = _starts[row]; i < _starts[row + 1]; i++)
            {
                if (columnOf[_columns[i]] is not (>= 0 and var column)) continue;
                columns.Add(column);
                values.Add(_values[i] * rarities[column]);
            }

            // Words come in the order of the segment's numbers, which is that of their names.
            Kernels.Normalize(CollectionsMarshal.AsSpan(values)[starts[^1]..]);
            starts.Add(columns.Count);
        }

        return new SparseMatrix([.. starts], [.. columns], [.. values], vocabulary.Length);
    }
}
