namespace CodexOS.Testing.OpenAi;

/// <summary>
/// Vectors of texts by what they mean, for a few subjects: words of one subject point one way, whichever they are, and other
/// words count a little each. A question is so found to mean what it shares no word with.
/// </summary>
public static class Meanings
{
    /// <summary>How many numbers a vector has.</summary>
    public const int Dimension = 48;

    private const float OtherWeight = 0.05f;

    private static readonly string[][] s_subjects =
    [
        ["car", "automobile", "vehicle", "sedan"],
        ["doctor", "physician", "surgeon", "medic"],
        ["ship", "vessel", "boat", "ferry"],
        ["rain", "drizzle", "downpour", "shower"],
    ];

    /// <summary>The vector of a text; of zeros if it has no word.</summary>
    public static float[] Of(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var vector = new float[Dimension];
        foreach (var word in text.ToLowerInvariant().Split(s_between, StringSplitOptions.RemoveEmptyEntries))
        {
            var subject = Array.FindIndex(s_subjects, words => words.Contains(word, StringComparer.Ordinal));
            if (subject >= 0) vector[subject]++;
            else vector[s_subjects.Length + PlaceOf(word)] += OtherWeight;
        }

        return vector;
    }

    private static readonly char[] s_between = [' ', '.', ',', '?', '!', ':', '\n', '#', '>'];

    private static int PlaceOf(string word) =>
        word.Aggregate(17, static (hash, letter) => ((hash * 31) + letter) & 0xFFFFFF) % (Dimension - s_subjects.Length);
}
