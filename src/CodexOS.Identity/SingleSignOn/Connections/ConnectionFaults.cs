using CodexOS.Platform.Faults;

namespace CodexOS.Identity.SingleSignOn.Connections;

/// <summary>What is said when a connection or a domain cannot be set up as asked.</summary>
internal static class ConnectionFaults
{
    public static Fault NotFound { get; } = new(
        "identity.sso_connection_not_found",
        FaultKind.NotFound,
        "There is no such connection. GET /api/v1/sso/connections lists them.");

    public static Fault Changed { get; } = new(
        "identity.sso_connection_changed",
        FaultKind.Conflict,
        "The connection was changed by somebody else in between. Read it again, then change it.");

    public static Fault Incomplete { get; } = new(
        "identity.sso_connection_incomplete",
        FaultKind.Invalid,
        "A new connection needs name, issuer, clientId and clientSecret.");

    public static Fault SecretNeeded { get; } = new(
        "identity.sso_secret_needed",
        FaultKind.Invalid,
        "The client secret belongs to the issuer that it was given for. Give it again together with another issuer.");

    public static Fault DomainNotFound { get; } = new(
        "identity.sso_domain_not_found",
        FaultKind.NotFound,
        "There is no such domain. GET /api/v1/sso/connections lists them with their connections.");

    public static Fault DomainExists { get; } = new(
        "identity.sso_domain_exists",
        FaultKind.Conflict,
        "Your tenant has this domain already. Remove it first to let it lead to another connection.");

    public static Fault DomainTaken { get; } = new(
        "identity.sso_domain_taken",
        FaultKind.Conflict,
        "Another tenant has verified this domain. The owner of the installation can say which way it should lead.");

    public static Fault BadIssuer(string problem) => new(
        "identity.sso_bad_issuer", FaultKind.Invalid, $"The issuer {problem}.");

    public static Fault BadDomain(string problem) => new(
        "identity.sso_bad_domain", FaultKind.Invalid, $"This is not a domain such as example.org: {problem}");

    public static Fault NotProven(string name, string value) => new(
        "identity.sso_domain_not_proven",
        FaultKind.Conflict,
        $"There is no TXT record {name} with the value {value} yet. Add it at your name server; it can take an hour to be "
        + "seen. Without one, the owner of the installation can confirm the domain.");

    public static Fault TooManyConnections(int countMax) => new(
        "identity.too_many_sso_connections",
        FaultKind.LimitReached,
        $"A tenant has at most {countMax} connections. Delete one that is not needed.");

    public static Fault TooManyDomains(int countMax) => new(
        "identity.too_many_sso_domains",
        FaultKind.LimitReached,
        $"A tenant has at most {countMax} domains. Remove one that is not needed.");
}
