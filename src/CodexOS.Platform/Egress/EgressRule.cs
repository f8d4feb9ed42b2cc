using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Serialization;
using CodexOS.Platform.Faults;

namespace CodexOS.Platform.Egress;

/// <summary>Leave to reach one host, or the hosts below a name. It is journaled with a run's grant.</summary>
/// <param name="Host">
/// The host in its one ASCII spelling; <c>*.example.com</c> is every host below example.com, at any depth, without
/// example.com itself.
/// </param>
public sealed record EgressRule(string Host)
{
    private const string Below = "*.";

    /// <summary>The port; null is 80 and 443.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Port { get; init; }

    /// <summary>
    /// The HTTP methods, in capitals; null is every method. Where they are given no tunnel is allowed, because nobody sees
    /// the method inside TLS.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ImmutableArray<string>? Methods { get; init; }

    /// <summary>The secret that is added to requests, by name; null is none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Secret { get; init; }

    /// <summary>The methods there are. TRACE is not one of them: it would send an added secret back.</summary>
    public static ImmutableArray<string> MethodsKnown { get; } = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

    /// <summary>
    /// Reads <c>host</c>, <c>*.host</c>, <c>host:port</c> or <c>*.host:port</c>. Faults: <c>egress.bad_rule</c>,
    /// <c>egress.bad_host</c>, <c>egress.ip_literal</c>.
    /// </summary>
    public static Result<EgressRule> Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var name = text;
        int? port = null;
        if (text.Count(':') == 1)
        {
            var at = text.IndexOf(':', StringComparison.Ordinal);
            if (ReadPort(text.AsSpan(at + 1)) is not { } given) return EgressFaults.BadRule("its port is not one from 1 to 65535");
            (name, port) = (text[..at], given);
        }

        var isBelow = name.StartsWith(Below, StringComparison.Ordinal);
        if (isBelow) name = name[Below.Length..];
        if (name.Contains('*', StringComparison.Ordinal))
            return EgressFaults.BadRule("a * stands only for whole labels at the beginning, as in *.example.com");
        if (!HostName.Parse(name).TryGet(out var host, out var fault)) return fault;
        if (isBelow && !host.Ascii.Contains('.', StringComparison.Ordinal))
            return EgressFaults.BadRule("*. must be followed by two labels at least, as in *.example.com");
        return new EgressRule(isBelow ? Below + host.Ascii : host.Ascii) { Port = port };
    }

    /// <summary>A port in its one spelling, or null.</summary>
    public static int? ReadPort(ReadOnlySpan<char> text) =>
        text.Length is > 0 and <= 5 && text[0] != '0'
        && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port <= 65_535
            ? port
            : null;

    /// <summary>Whether the rule is for this host.</summary>
    public bool IsFor(HostName host) => IsWide
        ? host.Ascii.Length > Host.Length - 1 && host.Ascii.EndsWith(Host[1..], StringComparison.Ordinal)
        : host.Ascii == Host;

    /// <summary>Whether the rule is for this port.</summary>
    public bool IsFor(int port) => Port is { } own ? port == own : port is 80 or 443;

    /// <summary>Whether the rule lets a method through.</summary>
    public bool Lets(string method) => Methods is not { } own || own.Contains(method, StringComparer.Ordinal);

    /// <summary>
    /// Whether everything that another rule lets through is let through by this one, with the same secret or none.
    /// </summary>
    public bool Covers(EgressRule other)
    {
        ArgumentNullException.ThrowIfNull(other);
        var hosts = other.Host == Host
            || (IsWide && (other.IsWide ? other.Host[1..] : '.' + other.Host).EndsWith(Host[1..], StringComparison.Ordinal)
                && other.Host.Length >= Host.Length);
        var ports = other.Port == Port || (Port is null && other.Port is 80 or 443);
        var methods = Methods is not { } own
            || (other.Methods is { } asked && asked.All(method => own.Contains(method, StringComparer.Ordinal)));
        return hosts && ports && methods && (other.Secret is null || other.Secret == Secret);
    }

    /// <summary>Whether the rule is for all hosts below a name.</summary>
    [JsonIgnore]
    public bool IsWide => Host.StartsWith(Below, StringComparison.Ordinal);

    /// <summary>The rule as an author writes it.</summary>
    public override string ToString() => Port is { } port ? $"{Host}:{port}" : Host;
}

/// <summary>
/// What of the network a run may reach, as journaled with its grant: fixed when the run is created, so that no later change
/// of settings widens it. Nothing listed is nothing allowed.
/// </summary>
/// <param name="Rules">The hosts.</param>
/// <param name="Networks">
/// The networks beside the public ones that the operator allowed when the run was created, as <c>192.168.7.0/24</c>. Only
/// what is still allowed counts.
/// </param>
public sealed record EgressGrant(ImmutableArray<EgressRule> Rules, ImmutableArray<string> Networks)
{
    /// <summary>Nothing.</summary>
    public static EgressGrant None { get; } = new([], []);

    /// <summary>Whether nothing can be reached.</summary>
    [JsonIgnore]
    public bool IsEmpty => Rules.IsDefaultOrEmpty;

    /// <summary>Whether another grant lies within this one.</summary>
    public bool Covers(EgressGrant other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (other.IsEmpty) return true;
        var networks = Networks.IsDefault ? [] : Networks;
        return !IsEmpty && other.Rules.All(rule => Rules.Any(own => own.Covers(rule)))
            && (other.Networks.IsDefaultOrEmpty || other.Networks.All(network => networks.Contains(network)));
    }
}
