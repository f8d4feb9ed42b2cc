using CodexOS.Platform.Faults;

namespace CodexOS.Identity.OAuth.Clients;

/// <summary>What is said when a client cannot be registered, found or used as asked.</summary>
internal static class ClientFaults
{
    public static Fault NotFound { get; } = new(
        "identity.client_not_found", FaultKind.NotFound, "There is no such client. GET /api/v1/clients lists them.");

    public static Fault Raced { get; } = new(
        "identity.client_raced", FaultKind.Conflict, "Somebody let this application in at this very moment. Allow it once more.");

    public static Fault NoRedirectUri { get; } = new(
        "identity.redirect_uri_needed",
        FaultKind.Invalid,
        "Give the client at least one redirect address, or let it use the device flow.");

    public static Fault ServiceOnly { get; } = new(
        "identity.bad_client",
        FaultKind.Invalid,
        "A service client acts for a service account, without anybody being there: it names the account, and has no redirect "
        + "address, no device flow and none of the scopes openid, profile and email. Other clients name no account.");

    public static Fault BadRedirectUri(string uri, string problem) => new(
        "identity.bad_redirect_uri", FaultKind.Invalid, $"The redirect address '{uri}' {problem}.");

    public static Fault UnknownScopes(IEnumerable<string> names) => new(
        "identity.unknown_scope",
        FaultKind.Invalid,
        $"There is no scope {string.Join(", ", names.Select(static name => $"'{name}'"))}. Scopes are the permissions of "
        + "GET /api/v1/permissions, and openid, profile and email.");

    public static Fault TooMany(int countMax) => new(
        "identity.too_many_clients",
        FaultKind.LimitReached,
        $"A tenant has at most {countMax} OAuth clients. Delete one that is not needed.");
}
