using CodexOS.Platform.Egress;
using CodexOS.Platform.Faults;
using CodexOS.Tools.Contracts;

namespace CodexOS.Tools.Connections;

/// <summary>Addresses of strangers' servers.</summary>
internal static class ConnectionAddress
{
    /// <summary>An address in its one spelling; plain HTTP only where the operator allows it.</summary>
    public static Result<Uri> Read(string text, ConnectionOptions options)
    {
        if (!WebAddress.Parse(text.Trim()).TryGet(out var address, out var fault)) return ConnectionFaults.BadAddress(fault);
        return address.Scheme == "https" || options.AllowPlainHttp ? address : ConnectionFaults.PlainHttp;
    }

    /// <summary>The rule for the address's host and port alone.</summary>
    public static EgressRule RuleOf(Uri address, string? secret) =>
        new(HostName.Parse(address.Host).Value.Ascii) { Port = address.Port, Secret = secret };
}
