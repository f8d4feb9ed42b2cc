using Microsoft.Extensions.Time.Testing;

namespace CodexOS.Testing;

/// <summary>Clocks that stand still until the test moves them.</summary>
public static class Clocks
{
    /// <summary>A fixed moment that tests may rely on.</summary>
    public static DateTimeOffset Noon { get; } = new(2030, 1, 15, 12, 0, 0, TimeSpan.Zero);

    /// <summary>A clock that stands at <see cref="Noon"/>; timers fire when the test advances it.</summary>
    public static FakeTimeProvider AtNoon() => new(Noon);
}
