namespace CodexOS.Identity.Contracts;

/// <summary>
/// Tells whoever started the server how to become its owner. It is asked once per start, as long as there is none. The
/// link is a secret: it belongs on the console, never in a log that is shipped elsewhere.
/// </summary>
public interface ISetupAnnouncement
{
    /// <summary>Shows the link.</summary>
    void Announce(Uri link);
}
