using CodexOS.Identity.Setup;

namespace CodexOS.Identity.Passkeys;

/// <summary>
/// For whom a passkey is: a device uses it on pages of this origin only, and for this name only. Both follow from the address
/// that the operator says people reach the server under, and from nothing that a request says.
/// </summary>
/// <param name="Id">The name of the host.</param>
/// <param name="Origin">Scheme, host and port, as browsers write them.</param>
internal sealed record RelyingParty(string Id, string Origin)
{
    private const string LocalName = "localhost";

    /// <summary>
    /// The relying party of an address; null where browsers offer no passkeys: without https other than on one's own machine,
    /// and where the host is a number.
    /// </summary>
    public static RelyingParty? Of(Uri address)
    {
        if (address.HostNameType is not UriHostNameType.Dns) return null;
        var host = address.IdnHost.ToLowerInvariant();
        var isLocal = host == LocalName || host.EndsWith("." + LocalName, StringComparison.Ordinal);
        if (address.Scheme != Uri.UriSchemeHttps && !isLocal) return null;
        var port = address.IsDefaultPort ? "" : $":{address.Port}";
        return new RelyingParty(host, $"{address.Scheme}://{host}{port}");
    }

    /// <summary>The one of this server.</summary>
    public static RelyingParty? Of(ServerAddress address) => Of(address.ForPeople);
}
