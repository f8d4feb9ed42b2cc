using System.Text.Json;
using CodexOS.Identity.Contracts;
using CodexOS.Identity.OAuth;
using CodexOS.Identity.SingleSignOn.Providers;
using CodexOS.Identity.Storage;
using CodexOS.Platform.Faults;

namespace CodexOS.Identity.SingleSignOn.Connections;

/// <summary>
/// Tries a connection as far as that goes without a person: what the provider publishes, and whether it takes the client's
/// secret, for which it is sent a code that cannot be right.
/// </summary>
internal sealed class ConnectionTester(ConnectionStore connections, ProviderDirectory providers, ProviderClient client)
{
    public async Task<Result<SsoConnectionTest>> TestAsync(SsoConnectionId id, CancellationToken cancellationToken)
    {
        if (!(await connections.OpenAsync(id, cancellationToken)).TryGet(out var opened, out var fault)) return fault;
        var (row, secret) = opened;
        var checks = new List<SsoCheck>();
        if (!(await providers.ReadAsync(row.Issuer, cancellationToken)).TryGet(out var provider, out fault))
        {
            checks.Add(new SsoCheck("discovery", SsoCheckOutcome.Failed, fault.Message));
            return new SsoConnectionTest(false, checks);
        }

        checks.Add(new SsoCheck(
            "discovery", SsoCheckOutcome.Ok, $"The provider answers, and publishes {provider.Keys.Count} keys to check signatures with."));
        checks.Add(PkceOf(provider));
        checks.Add(await TryClientAsync(row, secret, provider, cancellationToken));
        checks.Add(provider.Metadata.EndSessionEndpoint is { Length: > 0 }
            ? new SsoCheck("sign_out", SsoCheckOutcome.Ok, "Signing out here signs out at the provider too.")
            : new SsoCheck("sign_out", SsoCheckOutcome.Warning, "The provider cannot be signed out of from here; it has no end_session_endpoint."));
        return new SsoConnectionTest(checks.TrueForAll(static check => check.Outcome is not SsoCheckOutcome.Failed), checks);
    }

    private static SsoCheck PkceOf(Provider provider) =>
        provider.Metadata.CodeChallengeMethodsSupported.Contains(Pkce.Method)
            ? new SsoCheck("pkce", SsoCheckOutcome.Ok, "The provider checks PKCE with S256.")
            : new SsoCheck("pkce", SsoCheckOutcome.Warning, "The provider does not say that it checks PKCE with S256. It is sent all the same.");

    private async Task<SsoCheck> TryClientAsync(
        SsoConnectionRow row, string secret, Provider provider, CancellationToken cancellationToken)
    {
        var sent = await client.ExchangeAsync(row, secret, provider, "no-such-code", "no-such-verifier", cancellationToken);
        if (!sent.TryGet(out var answer, out var fault)) return new SsoCheck("client", SsoCheckOutcome.Failed, fault.Message);
        return ErrorOf(answer) switch
        {
            "invalid_grant" => new SsoCheck("client", SsoCheckOutcome.Ok, "The provider takes client id and secret."),
            "invalid_client" or "unauthorized_client" => new SsoCheck(
                "client", SsoCheckOutcome.Failed, "The provider refuses client id and secret. Check both, or make a new secret there."),
            _ => new SsoCheck(
                "client", SsoCheckOutcome.Warning,
                $"Whether the provider takes client id and secret cannot be told; it answers with HTTP {answer.Status}. Try to sign in."),
        };
    }

    private static string? ErrorOf(ProviderAnswer answer) =>
        ProviderClient.TryParse(answer.Body) is { } json && json.TryGetProperty("error", out var error)
            && error.ValueKind is JsonValueKind.String
                ? error.GetString()
                : null;
}
