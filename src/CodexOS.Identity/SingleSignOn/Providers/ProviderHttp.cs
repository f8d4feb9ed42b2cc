using System.Text;
using CodexOS.Platform.Egress;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Tenancy;
using Microsoft.Extensions.Options;

namespace CodexOS.Identity.SingleSignOn.Providers;

/// <summary>What a provider answered.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Body">The body as text.</param>
internal sealed record ProviderAnswer(int Status, string Body)
{
    public bool IsOk => Status is >= 200 and < 300;
}

/// <summary>
/// Requests to identity providers, whose addresses tenants choose: through the egress guard, each to its one host, without
/// redirects, and bounded in size and time.
/// </summary>
internal sealed class ProviderHttp(
    IEgress egress, TenantContext tenants, IOptions<SingleSignOnOptions> options, TimeProvider clock)
{
    /// <summary>Asks a provider on behalf of the present tenant.</summary>
    public async Task<Result<ProviderAnswer>> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var address = request.RequestUri!;
        if (ProviderAddress.ProblemOf(address.OriginalString, options.Value.AllowPlainHttp) is { } problem)
            return SsoFaults.Unavailable($"its address '{address}' {problem}.");
        var rule = ProviderAddress.RuleOf(address);
        var grant = new EgressGrant([rule], egress.AllowedNetworks);
        if (!egress.Open(grant, new EgressScope(tenants.Required, "single sign-on")).TryGet(out var network, out var fault))
            return SsoFaults.Unavailable(fault.Message);
        using var opened = network;
        using var timeUp = new CancellationTokenSource(options.Value.RequestTimeMax, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeUp.Token, cancellationToken);
        var settings = new EgressClientSettings { AnswerBytesMax = options.Value.AnswerBytesMax, Target = rule };
        try
        {
            request.Headers.Accept.ParseAdd("application/json");
            if (!(await network.SendAsync(request, settings, either.Token)).TryGet(out var response, out fault))
                return SsoFaults.Unavailable(fault.Message);
            using (response)
            {
                var body = await response.Content.ReadAsByteArrayAsync(either.Token);
                return new ProviderAnswer((int)response.StatusCode, Encoding.UTF8.GetString(body));
            }
        }
        catch (HttpRequestException error) when (EgressFaults.Of(error) is { } broken)
        {
            return SsoFaults.Unavailable(broken.Message);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return SsoFaults.Unavailable($"it did not answer within {options.Value.RequestTimeMax.TotalSeconds:0} seconds.");
        }
    }
}
