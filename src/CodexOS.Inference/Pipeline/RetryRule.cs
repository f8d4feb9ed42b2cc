namespace CodexOS.Inference.Pipeline;

/// <summary>When a request that failed in passing is sent again.</summary>
internal sealed class RetryRule(CallOptions limits, Func<double> random)
{
    /// <summary>How long to wait before the next attempt, or null if there is to be none.</summary>
    public TimeSpan? PauseAfter(ModelCallException failure, int attempt)
    {
        if (!failure.IsPassing || attempt >= limits.AttemptsMax) return null;
        if (failure.Fault.RetryAfter is { } asked)
        {
            // A quota that opens in an hour is for the person who waits to decide, not for a loop.
            return asked > limits.RetryDelayMax ? null : Later(asked, TimeSpan.FromMilliseconds(1));
        }

        // Between half and the whole of the doubling pause, so that clients that failed together come back apart.
        var full = limits.RetryDelay * Math.Pow(2, Math.Min(attempt - 1, 20));
        var bounded = full < limits.RetryDelayMax ? full : limits.RetryDelayMax;
        return Later(bounded * (0.5 + (0.5 * random())), TimeSpan.FromMilliseconds(1));
    }

    private static TimeSpan Later(TimeSpan one, TimeSpan other) => one > other ? one : other;
}
