namespace CodexOS.Knowledge.Index.Vectors;

/// <summary>Writes vectors with numbers of eight bits. Those of one file share a scale, to be compared.</summary>
internal static class SmallRow
{
    private const float NumberMax = 127;

    /// <summary>The scale that the largest number of a vector allows.</summary>
    public static float ScaleOf(ReadOnlySpan<float> vector)
    {
        var largest = 0f;
        foreach (var value in vector) largest = Math.Max(largest, Math.Abs(value));
        return largest == 0 ? 1 : NumberMax / largest;
    }

    /// <summary>Writes a vector; what is beyond the scale is cut.</summary>
    public static void Write(ReadOnlySpan<float> vector, float scale, Span<sbyte> row)
    {
        for (var i = 0; i < vector.Length; i++)
            row[i] = (sbyte)Math.Clamp(MathF.Round(vector[i] * scale), -NumberMax, NumberMax);
    }
}
