using CodexOS.Platform.Faults;

namespace CodexOS.Platform.Egress;

/// <summary>The expected failures of outgoing connections. Each says what to do next, and none names an address.</summary>
public static class EgressFaults
{
    internal const string MethodCode = "egress.method_not_allowed";

    /// <summary>An address was given where a name is expected.</summary>
    public static Fault IpLiteral { get; } = new(
        "egress.ip_literal",
        FaultKind.NotAllowed,
        "Hosts are reached by name, never by address. Use the host's name, and have it granted under 'egress'.");

    /// <summary>Nothing is granted.</summary>
    public static Fault None { get; } = new(
        "egress.none",
        FaultKind.NotAllowed,
        "This run may not reach any host: its agent's definition has no 'egress'. Do without, or have the host added.");

    /// <summary>The text is no name of a host.</summary>
    public static Fault BadHost(string why) => new(
        "egress.bad_host",
        FaultKind.Invalid,
        $"This is not the name of a host: {why}. Give a name such as api.example.com.");

    /// <summary>The text is no rule.</summary>
    public static Fault BadRule(string why) => new(
        "egress.bad_rule",
        FaultKind.Invalid,
        $"This is not an egress rule: {why}. Write api.example.com, *.example.com or api.example.com:8443.");

    /// <summary>The address of a request cannot be used.</summary>
    public static Fault BadUrl(string why) => new(
        "egress.bad_url", FaultKind.Invalid, $"This address cannot be used: {why}. Give one such as https://example.com/page.");

    /// <summary>No rule is for the host.</summary>
    public static Fault NotListed(HostName host) => new(
        "egress.not_listed",
        FaultKind.NotAllowed,
        $"This run may not reach {host}: its agent's 'egress' does not list it. Do without, or have it added.");

    /// <summary>The client is for another host.</summary>
    public static Fault NotTheTarget(HostName host) => new(
        "egress.not_the_target",
        FaultKind.NotAllowed,
        $"This connection is for one host, and {host} is another. Ask the host that the connection is set up for.");

    /// <summary>The rule for the host is for other ports.</summary>
    public static Fault PortNotAllowed(HostName host, int port) => new(
        "egress.port_not_allowed",
        FaultKind.NotAllowed,
        $"This run may reach {host}, but not on port {port}. Use port 80 or 443, or have {host}:{port} added to 'egress'.");

    /// <summary>The rule for the host is for other methods.</summary>
    public static Fault MethodNotAllowed(HostName host, string method) => new(
        MethodCode,
        FaultKind.NotAllowed,
        $"This run may reach {host}, but not with {Shorten(method)}. Use a method that its rule under 'egress' lists.");

    /// <summary>The rule for the host lists methods, and nobody sees them inside a tunnel.</summary>
    public static Fault TunnelNotAllowed(HostName host) => new(
        "egress.tunnel_not_allowed",
        FaultKind.NotAllowed,
        $"The rule for {host} allows certain methods only, and nobody sees a method inside TLS. Use the http_fetch tool, or "
        + $"send the request to the proxy itself with https://{host}/… as its target.");

    /// <summary>The name leads to an address that is not public.</summary>
    public static Fault PrivateAddress(HostName host) => new(
        "egress.private_address",
        FaultKind.NotAllowed,
        $"{host} leads to an address that is not on the public internet, so it is not reached. An operator can allow a "
        + "network on purpose with Egress:AllowedNetworks.");

    /// <summary>The name does not exist.</summary>
    public static Fault Unresolvable(HostName host) => new(
        "egress.unresolvable", FaultKind.Upstream, $"There is no address for {host} at the moment. Check the name, or try later.");

    /// <summary>The host does not answer.</summary>
    public static Fault Unreachable(HostName host) => new(
        "egress.unreachable", FaultKind.Upstream, $"{host} does not answer, or not as HTTP demands. Try later.");

    /// <summary>An answer that may hold the secret of its request cannot be read.</summary>
    public static Fault Unscreened(HostName host) => new(
        "egress.unscreened",
        FaultKind.Upstream,
        $"{host} answered in a compressed form that it was not asked for, so its answer cannot be screened for the secret of "
        + "the request. Ask the host's operator, or take the secret off the rule.");

    /// <summary>It took too long.</summary>
    public static Fault TimedOut(HostName host) => new(
        "egress.timed_out", FaultKind.Timeout, $"{host} did not answer in time. Try later, or ask for less at once.");

    /// <summary>A limit of the step is used up.</summary>
    public static Fault Limit(string what) => new(
        "egress.limit",
        FaultKind.LimitReached,
        $"This step has used up its limit of {what}. Ask for less, or in several steps.");

    /// <summary>The name inside TLS is another one than was asked for.</summary>
    public static Fault NameMismatch(HostName host) => new(
        "egress.name_mismatch",
        FaultKind.NotAllowed,
        $"The tunnel was opened to {host}, but the name inside TLS is another one. Ask for the host that is meant.");

    /// <summary>There is no name inside TLS, it is hidden, or there is no TLS.</summary>
    public static Fault NameUnseen(HostName host) => new(
        "egress.name_unseen",
        FaultKind.NotAllowed,
        $"The tunnel to {host} does not begin with TLS that shows the host's name. Use TLS with server name indication and "
        + "without encrypted client hello; plain HTTP goes to the proxy without a tunnel.");

    /// <summary>The secret of a rule cannot be used.</summary>
    public static Fault SecretUnavailable(string name, string why) => new(
        "egress.secret_unavailable",
        FaultKind.Unavailable,
        $"The secret '{Shorten(name)}' cannot be used here: {why}. The operator sets it up under Egress:Secrets, or your tenant "
        + "with codexos secrets.");

    /// <summary>
    /// The fault behind an exception of a guarded client; null if the exception has nothing to do with the network.
    /// </summary>
    public static Fault? Of(Exception error)
    {
        for (var at = error; at is not null; at = at.InnerException)
        {
            if (at is EgressException refused) return refused.Fault;
        }

        return null;
    }

    private static string Shorten(string text) =>
        new([.. text.Where(static character => !char.IsControl(character)).Take(40)]);
}

/// <summary>
/// A request that a guarded client did not make or did not finish; <see cref="EgressFaults.Of"/> finds it in what HTTP
/// clients wrap around it.
/// </summary>
public sealed class EgressException : HttpRequestException
{
    /// <summary>An exception for a fault.</summary>
    public EgressException(Fault fault)
        : base(fault?.Message) => Fault = fault ?? throw new ArgumentNullException(nameof(fault));

    /// <summary>What happened.</summary>
    public Fault Fault { get; }
}
