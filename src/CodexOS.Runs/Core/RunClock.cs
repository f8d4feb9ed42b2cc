namespace CodexOS.Runs.Core;

/// <summary>The journal's resolution of time.</summary>
internal static class RunClock
{
    /// <summary>The present time, cut to the milliseconds that both databases keep.</summary>
    public static DateTimeOffset Milliseconds(this TimeProvider clock) =>
        DateTimeOffset.FromUnixTimeMilliseconds(clock.GetUtcNow().ToUnixTimeMilliseconds());
}
