using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace CodexOS.Platform.Egress;

/// <summary>Looks hosts up. Tests play hostile name servers with it.</summary>
internal interface IResolver
{
    /// <summary>All addresses of a host; none if there is no such host.</summary>
    Task<IReadOnlyList<IPAddress>> ResolveAsync(HostName host, CancellationToken cancellationToken);

    /// <summary>The addresses of this machine.</summary>
    IReadOnlyCollection<IPAddress> OwnAddresses();
}

/// <summary>The resolver of the operating system.</summary>
internal sealed class SystemResolver : IResolver
{
    public async Task<IReadOnlyList<IPAddress>> ResolveAsync(HostName host, CancellationToken cancellationToken)
    {
        try
        {
            return await Dns.GetHostAddressesAsync(host.Ascii, cancellationToken);
        }
        catch (SocketException)
        {
            return [];
        }
    }

    public IReadOnlyCollection<IPAddress> OwnAddresses() =>
        [.. NetworkInterface.GetAllNetworkInterfaces()
            .SelectMany(static network => network.GetIPProperties().UnicastAddresses)
            .Select(static address => address.Address)];
}
