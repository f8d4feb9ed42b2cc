namespace CodexOS.Client.Contracts;

/// <summary>
/// Keeps the session of each server. Refresh tokens change with each use, so whoever refreshes does it inside
/// <see cref="UpdateAsync"/>, which lets only one caller in at a time.
/// </summary>
public interface ICredentialStore
{
    /// <summary>The session of a server, or null.</summary>
    Task<Credentials?> ReadAsync(Uri server, CancellationToken cancellationToken);

    /// <summary>
    /// Replaces the session of a server by what <paramref name="change"/> makes of the present one (null removes it),
    /// while nobody else can, not even in another process where the store is shared with other processes.
    /// </summary>
    Task<Credentials?> UpdateAsync(
        Uri server,
        Func<Credentials?, CancellationToken, Task<Credentials?>> change,
        CancellationToken cancellationToken);
}

/// <summary>A session.</summary>
/// <param name="AccessToken">Goes with each call.</param>
/// <param name="ExpiresAt">When the access token ends; null if that is not known.</param>
/// <param name="RefreshToken">Buys the next access token, once; null for a token that cannot be renewed.</param>
/// <param name="Email">Whose session it is.</param>
public sealed record Credentials(
    string AccessToken, DateTimeOffset? ExpiresAt = null, string? RefreshToken = null, string? Email = null)
{
    /// <summary>Names the session without its secrets.</summary>
    public override string ToString() => $"session of {Email ?? "unknown"} until {ExpiresAt:u}";
}
