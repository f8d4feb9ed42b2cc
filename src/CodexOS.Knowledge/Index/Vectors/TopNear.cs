namespace CodexOS.Knowledge.Index.Vectors;

/// <summary>Keeps those with the greatest numbers; of equal ones those that are named by the smaller.</summary>
internal sealed class TopNear(int countMax)
{
    private readonly PriorityQueue<int, (float Cosine, int Order)> _kept = new(countMax + 1);

    /// <summary>What one must reach to be kept.</summary>
    public float CosineMin { get; private set; } = float.MinValue;

    public void Add(int passage, float cosine)
    {
        if (cosine < CosineMin) return;
        if (_kept.Count < countMax) _kept.Enqueue(passage, (cosine, -passage));
        else _kept.EnqueueDequeue(passage, (cosine, -passage));
        if (_kept.Count == countMax && _kept.TryPeek(out _, out var least)) CosineMin = least.Cosine;
    }

    /// <summary>The kept ones, the greatest first.</summary>
    public List<NearPassage> Sorted()
    {
        var sorted = new List<NearPassage>(_kept.Count);
        while (_kept.TryDequeue(out var passage, out var priority)) sorted.Add(new NearPassage(passage, priority.Cosine));
        sorted.Reverse();
        return sorted;
    }
}
