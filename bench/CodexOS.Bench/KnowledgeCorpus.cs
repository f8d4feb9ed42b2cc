using System.Collections.Immutable;
using System.Globalization;
using System.Numerics;
using CodexOS.Knowledge.Chunking;
using CodexOS.Knowledge.Index;

namespace CodexOS.Bench;

/// <summary>
/// Texts and vectors made from a seed, with the properties that decide how fast a search is: words are as unevenly frequent
/// as in real text (Zipf's law), passages keep to a subject, and vectors lie in clusters of few directions.
/// </summary>
internal static class KnowledgeCorpus
{
    private const int VocabularySize = 60_000;
    private const int SubjectSize = 400;
    private const double ZipfExponent = 1.05;

    /// <summary>Passages of 60 to 180 words.</summary>
    public static List<string> Texts(int count)
    {
        var random = new Random(11);
        var frequencies = new double[VocabularySize];
        var sum = 0d;
        for (var i = 0; i < VocabularySize; i++) frequencies[i] = sum += Math.Pow(i + 2, -ZipfExponent);
        var texts = new List<string>(count);
        for (var i = 0; i < count; i++)
        {
            var subject = random.Next(VocabularySize / SubjectSize);
            var words = new string[random.Next(60, 180)];
            for (var j = 0; j < words.Length; j++)
            {
                var isOfSubject = random.NextDouble() < 0.25;
                var place = Array.BinarySearch(frequencies, random.NextDouble() * sum);
                var ofSubject = 100 + (subject * SubjectSize) + random.Next(SubjectSize);
                words[j] = WordOf(isOfSubject ? ofSubject : Math.Max(place, ~place));
            }

            texts.Add(string.Join(' ', words));
        }

        return texts;
    }

    /// <summary>Queries of five words that stand together in some passage.</summary>
    public static List<string> Queries(List<string> texts, int count)
    {
        var random = new Random(3);
        var queries = new List<string>(count);
        for (var i = 0; i < count; i++)
        {
            var words = texts[random.Next(texts.Count)].Split(' ');
            queries.Add(string.Join(' ', Enumerable.Range(0, 5).Select(_ => words[random.Next(words.Length)])));
        }

        return queries;
    }

    public static IndexPassage Passage(int number, string text) => new(
        new Guid(number, 0, 0, new byte[8]),
        new Passage(0, 0, text, [], null, null),
        "",
        [],
        ImmutableSortedDictionary<string, string>.Empty,
        Language: "en");

    /// <summary>Vectors of length one, one after another.</summary>
    public static IEnumerable<float[]> Vectors(int count, int dimension)
    {
        const int Directions = 80;
        var random = new Random(7);
        var clusters = Math.Max(50, count / 400);
        var projection = Enumerable.Range(0, Directions)
            .Select(_ => Normals(random, dimension, 1 / Math.Sqrt(Directions))).ToArray();
        var centres = Enumerable.Range(0, clusters).Select(_ => Latent(random, 1)).ToArray();
        for (var i = 0; i < count; i++)
        {
            var latent = Latent(random, 0.55);
            var centre = centres[random.Next(clusters)];
            var vector = Normals(random, dimension, 0.03);
            for (var j = 0; j < Directions; j++)
                Add(projection[j], latent[j] + centre[j], vector);
            var length = MathF.Sqrt(vector.Sum(static value => value * value));
            for (var j = 0; j < dimension; j++) vector[j] /= length;
            yield return vector;
        }

        float[] Latent(Random from, double scale)
        {
            var values = Normals(from, Directions, scale);
            for (var j = 0; j < Directions; j++) values[j] *= MathF.Pow(j + 1, -0.3f);
            return values;
        }
    }

    private static void Add(float[] added, float factor, float[] sum)
    {
        for (var i = 0; i < sum.Length; i += Vector<float>.Count)
            (new Vector<float>(sum, i) + (new Vector<float>(added, i) * factor)).CopyTo(sum, i);
    }

    private static float[] Normals(Random random, int count, double scale)
    {
        var values = new float[count];
        for (var i = 0; i < count; i++)
        {
            var radius = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble()));
            values[i] = (float)(scale * radius * Math.Cos(2 * Math.PI * random.NextDouble()));
        }

        return values;
    }

    /// <summary>A word that no stemmer changes.</summary>
    private static string WordOf(int number) => string.Create(CultureInfo.InvariantCulture, $"k{number}o");
}
