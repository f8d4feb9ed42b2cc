using System.Text.Json;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Tenancy;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace CodexOS.Identity.SingleSignOn.Providers;

/// <summary>What a provider says about itself, with the keys that it signs with.</summary>
/// <param name="Metadata">Its metadata (OpenID Connect Discovery 1.0).</param>
/// <param name="Keys">Its public keys; what could be used both ways is not among them.</param>
/// <param name="ReadAt">When it said so.</param>
internal sealed record Provider(
    OpenIdConnectConfiguration Metadata, IReadOnlyList<SecurityKey> Keys, DateTimeOffset ReadAt);

/// <summary>
/// Knows providers: their metadata and keys are read through the egress guard and kept for a while, apart for each tenant.
/// Keys are read anew when a token names an unknown one, but not again and again.
/// </summary>
internal sealed class ProviderDirectory(
    ProviderHttp http, TenantContext tenants, IOptions<SingleSignOnOptions> options, TimeProvider clock)
{
    private const int KnownMax = 2_000;
    private const string WellKnown = "/.well-known/openid-configuration";

    private readonly Lock _gate = new();
    private readonly BoundedCache<(TenantId Tenant, string Issuer), Provider> _known = new(KnownMax);

    /// <summary>The provider of an issuer.</summary>
    public async Task<Result<Provider>> FindAsync(string issuer, CancellationToken cancellationToken)
    {
        if (Known(issuer) is { } known && clock.GetUtcNow() - known.ReadAt < options.Value.DiscoveryLifetime) return known;
        return await ReadAsync(issuer, cancellationToken);
    }

    /// <summary>The same with newer keys than a provider that was found has, if it is time to ask for them.</summary>
    public async Task<Provider?> RenewAsync(Provider found, CancellationToken cancellationToken)
    {
        if (clock.GetUtcNow() - found.ReadAt < options.Value.KeysRefreshInterval) return null;
        return (await ReadAsync(found.Metadata.Issuer, cancellationToken)).TryGet(out var newer, out _) ? newer : null;
    }

    /// <summary>Asks the provider itself, whatever is known.</summary>
    public async Task<Result<Provider>> ReadAsync(string issuer, CancellationToken cancellationToken)
    {
        if (!(await ReadMetadataAsync(issuer, cancellationToken)).TryGet(out var metadata, out var fault)) return fault;
        if (!(await ReadKeysAsync(metadata, cancellationToken)).TryGet(out var keys, out fault)) return fault;
        var provider = new Provider(metadata, keys, clock.GetUtcNow());
        lock (_gate) _known.Set((tenants.Required, issuer), provider);
        return provider;
    }

    private async Task<Result<OpenIdConnectConfiguration>> ReadMetadataAsync(string issuer, CancellationToken cancellationToken)
    {
        var published = await GetAsync(issuer.TrimEnd('/') + WellKnown, cancellationToken);
        if (!published.TryGet(out var text, out var fault)) return fault;
        OpenIdConnectConfiguration metadata;
        try
        {
            metadata = OpenIdConnectConfiguration.Create(text);
        }
        catch (Exception error) when (error is ArgumentException or JsonException)
        {
            return SsoFaults.Unavailable("what it publishes about itself is not OpenID Connect metadata.");
        }

        // To the letter: a provider that goes by another name is another provider.
        if (metadata.Issuer != issuer)
            return SsoFaults.Unavailable($"it calls itself '{metadata.Issuer}'. Set that as the issuer, to the letter.");
        foreach (var (name, address) in ((string, string?)[])
            [
                ("authorization_endpoint", metadata.AuthorizationEndpoint), ("token_endpoint", metadata.TokenEndpoint),
                ("jwks_uri", metadata.JwksUri),
            ])
        {
            if (ProviderAddress.ProblemOf(address, options.Value.AllowPlainHttp) is { } problem)
                return SsoFaults.Unavailable($"its {name} {problem}.");
        }

        return metadata;
    }

    private async Task<Result<IReadOnlyList<SecurityKey>>> ReadKeysAsync(
        OpenIdConnectConfiguration metadata, CancellationToken cancellationToken)
    {
        if (!(await GetAsync(metadata.JwksUri, cancellationToken)).TryGet(out var text, out var fault)) return fault;
        try
        {
            var keys = new JsonWebKeySet(text).GetSigningKeys().OfType<AsymmetricSecurityKey>().ToList<SecurityKey>();
            return keys.Count > 0
                ? keys
                : SsoFaults.Unavailable("it publishes no RSA or elliptic-curve key to check signatures with.");
        }
        catch (Exception error) when (error is ArgumentException or JsonException)
        {
            return SsoFaults.Unavailable("its keys are not a JSON Web Key Set.");
        }
    }

    private async Task<Result<string>> GetAsync(string address, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        if (!(await http.SendAsync(request, cancellationToken)).TryGet(out var answer, out var fault)) return fault;
        return answer.IsOk ? answer.Body : SsoFaults.Unavailable($"{address} answers with HTTP {answer.Status}.");
    }

    private Provider? Known(string issuer)
    {
        lock (_gate) return _known.TryGet((tenants.Required, issuer), out var known) ? known : null;
    }
}
