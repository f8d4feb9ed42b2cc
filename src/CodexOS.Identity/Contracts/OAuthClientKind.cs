namespace CodexOS.Identity.Contracts;

/// <summary>What an OAuth client can keep, and for whom it acts.</summary>
public enum OAuthClientKind
{
    /// <summary>Runs on people's devices and keeps no secret; PKCE alone protects what it is given.</summary>
    Public,

    /// <summary>Runs on a server that keeps a secret, and acts for people.</summary>
    Confidential,

    /// <summary>Keeps a secret and acts for a service account, without anybody being there.</summary>
    Service,
}
