namespace CodexOS.Identity.Contracts;

/// <summary>How the refresh token travels.</summary>
public enum Transport
{
    /// <summary>In an HttpOnly cookie, for browsers.</summary>
    Cookie,

    /// <summary>In the body, for programs.</summary>
    Body,
}
