using CodexOS.Client.Contracts;

namespace CodexOS.Client.Sessions;

/// <summary>
/// Hands out access tokens and renews them. Refresh tokens change with each use, so a renewal happens once, however
/// many callers and processes notice at the same time that it is due.
/// </summary>
internal sealed class Session(
    ICredentialStore store,
    Uri server,
    TimeProvider clock,
    Func<string, CancellationToken, Task<SessionTokens>> refresh)
{
    // An access token this close to its end is renewed before it is used.
    private static readonly TimeSpan s_margin = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan s_refreshTimeout = TimeSpan.FromSeconds(30);

    private volatile Credentials? _present;

    /// <summary>The token to send, or null when nobody is signed in.</summary>
    public async Task<string?> TokenAsync(CancellationToken cancellationToken)
    {
        var present = _present ??= await store.ReadAsync(server, cancellationToken);
        if (present is null) return null;
        return IsEnding(present) && present.RefreshToken is not null
            ? await RenewAsync(present.AccessToken, cancellationToken)
            : present.AccessToken;
    }

    /// <summary>A token other than the one that was refused, or null if there is no way to get one.</summary>
    public async Task<string?> RenewAsync(string refused, CancellationToken cancellationToken)
    {
        CodexOSException? ended = null;
        _present = await store.UpdateAsync(
            server,
            async (present, _) =>
            {
                // Another caller or process was faster: its token is as good as one of our own.
                if (present is null || (present.AccessToken != refused && !IsEnding(present))) return present;
                if (present.RefreshToken is null) return present;
                try
                {
                    return await RefreshAsync(present);
                }
                catch (CodexOSException e) when (e.Kind == FaultKind.NotSignedIn)
                {
                    ended = e;
                    return null;
                }
            },
            cancellationToken);
        if (ended is not null) throw ended;
        return _present?.AccessToken is { } token && token != refused ? token : null;
    }

    public async Task KeepAsync(SessionTokens tokens, string? email, CancellationToken cancellationToken) =>
        _present = await store.UpdateAsync(
            server, (_, _) => Task.FromResult<Credentials?>(Of(tokens, email)), cancellationToken);

    public async Task ForgetAsync(CancellationToken cancellationToken)
    {
        await store.UpdateAsync(server, (_, _) => Task.FromResult<Credentials?>(null), cancellationToken);
        _present = null;
    }

    private async Task<Credentials?> RefreshAsync(Credentials present)
    {
        // Once sent, the old refresh token is spent: nobody's impatience may lose the new one.
        using var timeout = new CancellationTokenSource(s_refreshTimeout, clock);
        var tokens = await refresh(present.RefreshToken!, timeout.Token);
        return Of(tokens, present.Email);
    }

    private Credentials Of(SessionTokens tokens, string? email) => new(
        tokens.AccessToken, clock.GetUtcNow().AddSeconds(tokens.ExpiresInSeconds), tokens.RefreshToken, email);

    private bool IsEnding(Credentials credentials) =>
        credentials.ExpiresAt is { } end && end - s_margin <= clock.GetUtcNow();
}
