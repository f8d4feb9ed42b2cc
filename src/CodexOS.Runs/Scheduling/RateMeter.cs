namespace CodexOS.Runs.Scheduling;

/// <summary>How often something has happened lately: counts by the second, over the last ten. Not thread-safe.</summary>
internal sealed class RateMeter(TimeProvider clock)
{
    private const int Seconds = 10;
    private readonly int[] _counts = new int[Seconds + 1];
    private readonly long _origin = clock.GetTimestamp();
    private long _second;

    /// <summary>It has happened.</summary>
    public void Add(int count = 1)
    {
        Advance();
        _counts[_second % _counts.Length] += count;
    }

    /// <summary>Times per second, the present second left out; 0 before the first full second.</summary>
    public double PerSecond()
    {
        Advance();
        var sum = _counts.Sum() - _counts[_second % _counts.Length];
        var seconds = Math.Min(_second, Seconds);
        return seconds == 0 ? 0 : (double)sum / seconds;
    }

    private void Advance()
    {
        var second = (clock.GetTimestamp() - _origin) / clock.TimestampFrequency;
        if (second - _second > Seconds)
        {
            Array.Clear(_counts);
            _second = second;
        }

        while (_second < second) _counts[++_second % _counts.Length] = 0;
    }
}
