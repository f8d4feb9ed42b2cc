using System.Threading.RateLimiting;
using CodexOS.Platform.Faults;
using Microsoft.Extensions.Options;

namespace CodexOS.Identity.Passwords;

/// <summary>What checking a password found.</summary>
/// <param name="IsRight">Whether it is the password.</param>
/// <param name="Renewed">A hash to store in place of the old one, when the parameters have grown since.</param>
internal sealed record PasswordCheck(bool IsRight, string? Renewed);

/// <summary>
/// Makes and checks password hashes, a few at a time: hashing is meant to be slow, and without a cap a handful of
/// sign-ins per second would take every core from the agents.
/// </summary>
internal sealed class PasswordHashing(IOptions<IdentityOptions> options, TimeProvider clock) : IDisposable
{
    private readonly int _iterations = options.Value.PasswordIterations;
    private readonly PasswordHash _decoy = PasswordHash.Decoy(options.Value.PasswordIterations);

    private readonly ConcurrencyLimiter _turns = new(new ConcurrencyLimiterOptions
    {
        PermitLimit = options.Value.PasswordHashingsMax,
        QueueLimit = options.Value.PasswordHashingsWaitingMax,
        QueueProcessingOrder = QueueProcessingOrder.OldestFirst,
    });

    /// <summary>Said when too many hashes are waiting already.</summary>
    public static Fault Busy { get; } = new(
        "identity.throttled",
        FaultKind.Throttled,
        "Too many people are signing in at this moment. Try again in a few seconds.")
    {
        RetryAfter = TimeSpan.FromSeconds(3),
    };

    /// <summary>The text to store for a new password.</summary>
    public async Task<Result<string>> HashAsync(string password, CancellationToken cancellationToken)
    {
        using var turn = await _turns.AcquireAsync(1, cancellationToken);
        return turn.IsAcquired ? Make(password) : Busy;
    }

    /// <summary>
    /// Checks a password. With nothing stored (no such user, or one without a password) the work is the same and the
    /// answer is no; a hash with fewer iterations than today's is topped up to the same work.
    /// </summary>
    public async Task<Result<PasswordCheck>> CheckAsync(
        string password, string? stored, CancellationToken cancellationToken)
    {
        var hash = stored is null ? _decoy : PasswordHash.Parse(stored);
        using var turn = await _turns.AcquireAsync(1, cancellationToken);
        if (!turn.IsAcquired) return Busy;

        var startedAt = clock.GetTimestamp();
        var isRight = hash.Matches(password) && stored is not null;
        if (hash.Iterations < _iterations) _ = PasswordHash.Decoy(_iterations - hash.Iterations).Matches(password);
        IdentityTelemetry.RecordHashing(clock.GetElapsedTime(startedAt));

        return new PasswordCheck(isRight, isRight && hash.Iterations < _iterations ? Make(password) : null);
    }

    /// <inheritdoc />
    public void Dispose() => _turns.Dispose();

    private string Make(string password)
    {
        var startedAt = clock.GetTimestamp();
        var made = PasswordHash.Make(password, _iterations).ToString();
        IdentityTelemetry.RecordHashing(clock.GetElapsedTime(startedAt));
        return made;
    }
}
