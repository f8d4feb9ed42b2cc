namespace CodexOS.Identity.Tokens;

/// <summary>What is known of a presented refresh token.</summary>
/// <param name="ExpiresAt">When it lies idle for too long.</param>
/// <param name="UsedAt">When it was first used, or null.</param>
/// <param name="IsSuccessorUsed">Whether the token that replaced it has been used as well.</param>
/// <param name="IsSessionAlive">Whether its session, its user and the membership are all still there.</param>
internal sealed record PresentedToken(
    DateTimeOffset ExpiresAt, DateTimeOffset? UsedAt, bool IsSuccessorUsed, bool IsSessionAlive);

/// <summary>What happens to a presented refresh token.</summary>
internal enum RefreshVerdict
{
    /// <summary>Its first use: it is replaced.</summary>
    Rotate,

    /// <summary>The client did not get the answer and asks again: it gets the same successor.</summary>
    Repeat,

    /// <summary>It was used before, so somebody has a copy: the whole family ends.</summary>
    Replay,

    /// <summary>The session is over.</summary>
    Over,
}

/// <summary>
/// The state machine of refresh tokens. A token is fresh, then used; a used one may be repeated within a short window,
/// as long as its successor is fresh. A client that used the successor has received it, so an older token after that
/// is a copy in other hands, whatever the clock says.
/// </summary>
internal static class RefreshRotation
{
    public static RefreshVerdict Decide(PresentedToken token, DateTimeOffset now, TimeSpan retryWindow)
    {
        if (!token.IsSessionAlive) return RefreshVerdict.Over;
        if (token.UsedAt is not { } usedAt) return now < token.ExpiresAt ? RefreshVerdict.Rotate : RefreshVerdict.Over;
        return now - usedAt <= retryWindow && !token.IsSuccessorUsed ? RefreshVerdict.Repeat : RefreshVerdict.Replay;
    }
}
