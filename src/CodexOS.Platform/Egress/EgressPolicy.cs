using System.Collections.Immutable;
using System.Net;
using CodexOS.Platform.Faults;

namespace CodexOS.Platform.Egress;

/// <summary>
/// A grant, checked and ready to be asked: pure code. The narrowest rule that lets a request through wins, so that its
/// secret and no other is used.
/// </summary>
internal sealed class EgressPolicy
{
    private const int RulesMax = 256;
    private readonly ImmutableArray<EgressRule> _rules;

    private EgressPolicy(ImmutableArray<EgressRule> rules, ImmutableArray<IPNetwork> networks) =>
        (_rules, Networks) = (rules, networks);

    /// <summary>Networks beside the public ones that may be reached.</summary>
    public ImmutableArray<IPNetwork> Networks { get; }

    /// <summary>Checks a grant. One that is not in the one spelling is refused as a whole.</summary>
    /// <param name="grant">As journaled.</param>
    /// <param name="allowedNow">The networks that the operator allows now; a network has to be in both.</param>
    public static Result<EgressPolicy> Of(EgressGrant grant, ImmutableArray<IPNetwork> allowedNow)
    {
        var rules = grant.Rules.IsDefault ? [] : grant.Rules;
        if (rules.Length > RulesMax) return EgressFaults.BadRule($"there are more than {RulesMax}");
        foreach (var rule in rules)
        {
            if (rule?.Host is null || !EgressRule.Parse(rule.Host).TryGet(out var read, out _) || read.Host != rule.Host
                || rule.Port is < 1 or > 65_535
                || (rule.Methods is { } methods
                    && (methods.IsDefaultOrEmpty || methods.Any(each => !EgressRule.MethodsKnown.Contains(each)))))
            {
                return EgressFaults.BadRule("a rule of the grant is malformed");
            }
        }

        var networks = ImmutableArray.CreateBuilder<IPNetwork>();
        foreach (var text in grant.Networks.IsDefault ? [] : grant.Networks)
        {
            if (IPNetwork.TryParse(text, out var network) && allowedNow.Contains(network)) networks.Add(network);
        }

        return new EgressPolicy(
            [.. rules.OrderBy(static rule => rule.IsWide).ThenByDescending(static rule => rule.Host.Length)],
            networks.ToImmutable());
    }

    /// <summary>The rule that lets a request through, or why there is none.</summary>
    public Result<EgressRule> Decide(HostName host, int port, string method)
    {
        if (_rules.IsEmpty) return EgressFaults.None;
        var why = EgressFaults.NotListed(host);
        foreach (var rule in _rules)
        {
            if (!rule.IsFor(host)) continue;
            if (!rule.IsFor(port)) why = EgressFaults.PortNotAllowed(host, port);
            else if (!rule.Lets(method)) why = EgressFaults.MethodNotAllowed(host, method);
            else return rule;
        }

        return why;
    }

    /// <summary>The rule that lets a TLS tunnel through, or why there is none.</summary>
    public Result<EgressRule> DecideTunnel(HostName host, int port)
    {
        if (!Decide(host, port, TunnelMethod).TryGet(out var rule, out var fault))
            return fault.Code == EgressFaults.MethodCode ? EgressFaults.TunnelNotAllowed(host) : fault;
        return rule;
    }

    // No rule lists it, so only a rule without methods lets it through.
    private const string TunnelMethod = "CONNECT";
}
