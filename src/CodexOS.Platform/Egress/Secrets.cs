using System.Text;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Ids;
using Microsoft.Extensions.Options;

namespace CodexOS.Platform.Egress;

/// <summary>
/// Where the secrets come from that are added to requests of runs. They go from here into a request's header and nowhere
/// else: not into a sandbox, the journal, a log or a fault.
/// </summary>
public interface ISecretSource
{
    /// <summary>Whether a definition of a tenant can name a secret.</summary>
    ValueTask<bool> HasAsync(string name, TenantId tenant, CancellationToken cancellationToken);

    /// <summary>
    /// The header for a request, or <c>egress.secret_unavailable</c> if there is none for this tenant and host.
    /// </summary>
    /// <param name="name">The secret.</param>
    /// <param name="tenant">Whose run asks.</param>
    /// <param name="host">Where it would go.</param>
    /// <param name="isEncrypted">Whether the request goes over TLS.</param>
    /// <param name="cancellationToken">Gives up.</param>
    ValueTask<Result<SecretHeader>> ReadAsync(
        string name, TenantId tenant, HostName host, bool isEncrypted, CancellationToken cancellationToken);
}

/// <summary>One place that keeps secrets. All that are registered are asked, in their order.</summary>
public interface ISecretStore
{
    /// <summary>Whether a definition of a tenant can name a secret of this place.</summary>
    ValueTask<bool> HasAsync(string name, TenantId tenant, CancellationToken cancellationToken);

    /// <summary>The header for a request, or why there is none; null if this place has no such secret for the tenant.</summary>
    ValueTask<Result<SecretHeader>?> ReadAsync(
        string name, TenantId tenant, HostName host, bool isEncrypted, CancellationToken cancellationToken);
}

/// <summary>A header that carries a secret.</summary>
/// <param name="Name">The header.</param>
/// <param name="Value">Its value, the secret in it.</param>
/// <param name="Secret">The secret alone, to be blotted out of what comes back.</param>
public sealed record SecretHeader(string Name, string Value, string Secret)
{
    /// <summary>The name only.</summary>
    public override string ToString() => $"{Name}: ***";
}

/// <summary>Where a secret may go, and how.</summary>
/// <param name="Hosts">The only hosts, as in egress rules; none is nowhere.</param>
/// <param name="Header">The header that carries it.</param>
/// <param name="Prefix">What stands before it in the header.</param>
/// <param name="AllowPlainHttp">Whether it may also go over plain HTTP.</param>
public sealed record SecretRule(IReadOnlyList<string> Hosts, string Header, string Prefix, bool AllowPlainHttp)
{
    /// <summary>Whether a text can be the header of a secret.</summary>
    public static bool IsHeader(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.Length is > 0 and <= 100 && !text.Equals("Host", StringComparison.OrdinalIgnoreCase)
            && text.All(static character => char.IsAsciiLetterOrDigit(character) || character is '-' or '_');
    }

    /// <summary>Why a secret may not go to a host; null if it may.</summary>
    public Fault? WhyNot(string name, HostName host, bool isEncrypted)
    {
        if (!Hosts.Any(text => EgressRule.Parse(text).TryGet(out var rule, out _) && rule.IsFor(host)))
            return EgressFaults.SecretUnavailable(name, $"it may not go to {host}");
        return isEncrypted || AllowPlainHttp
            ? null
            : EgressFaults.SecretUnavailable(name, "it may not go over plain HTTP");
    }

    /// <summary>The header with a secret in it, which has to be one line of plain characters.</summary>
    public Result<SecretHeader> HeaderOf(string name, string secret)
    {
        ArgumentNullException.ThrowIfNull(secret);
        var value = secret.Trim();
        return value.Length > 0 && value.All(static character => character is >= ' ' and <= '~')
            ? new SecretHeader(Header, Prefix + value, value)
            : EgressFaults.SecretUnavailable(name, "it is not a single line of plain characters");
    }
}

/// <summary>Asks every place that keeps secrets.</summary>
internal sealed class SecretSources(IEnumerable<ISecretStore> stores) : ISecretSource
{
    public async ValueTask<bool> HasAsync(string name, TenantId tenant, CancellationToken cancellationToken)
    {
        foreach (var store in stores)
        {
            if (await store.HasAsync(name, tenant, cancellationToken)) return true;
        }

        return false;
    }

    public async ValueTask<Result<SecretHeader>> ReadAsync(
        string name, TenantId tenant, HostName host, bool isEncrypted, CancellationToken cancellationToken)
    {
        foreach (var store in stores)
        {
            if (await store.ReadAsync(name, tenant, host, isEncrypted, cancellationToken) is { } found) return found;
        }

        return EgressFaults.SecretUnavailable(name, "there is none of this name");
    }
}

/// <summary>Secrets that the operator sets up: in the configuration or, better, in files.</summary>
public sealed class OptionSecrets : ISecretStore
{
    private const int BytesMax = 16_384;

    private readonly EgressOptions _options;

    /// <summary>Secrets of the given options.</summary>
    public OptionSecrets(IOptions<EgressOptions> options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options.Value;
    }

    /// <summary>Whether a secret is set up here that a tenant may use.</summary>
    public bool IsFor(string name, TenantId tenant) => _options.Secrets.TryGetValue(name, out var secret)
        && (secret.Tenants.Count == 0 || secret.Tenants.Contains(tenant.ToString()));

    /// <inheritdoc />
    public ValueTask<bool> HasAsync(string name, TenantId tenant, CancellationToken cancellationToken) =>
        ValueTask.FromResult(_options.Secrets.ContainsKey(name));

    /// <inheritdoc />
    public ValueTask<Result<SecretHeader>?> ReadAsync(
        string name, TenantId tenant, HostName host, bool isEncrypted, CancellationToken cancellationToken) =>
        ValueTask.FromResult(IsFor(name, tenant) ? Read(name, host, isEncrypted) : (Result<SecretHeader>?)null);

    private Result<SecretHeader> Read(string name, HostName host, bool isEncrypted)
    {
        var secret = _options.Secrets[name];
        var rule = new SecretRule([.. secret.Hosts], secret.Header, secret.Prefix, secret.AllowPlainHttp);
        if (rule.WhyNot(name, host, isEncrypted) is { } refused) return refused;
        return ReadValue(secret) is { } value
            ? rule.HeaderOf(name, value)
            : EgressFaults.SecretUnavailable(name, "its file does not hold it on a single line");
    }

    private static string? ReadValue(EgressSecretOptions secret)
    {
        if (string.IsNullOrEmpty(secret.File)) return secret.Value;
        try
        {
            using var file = System.IO.File.OpenRead(secret.File);
            if (file.Length is 0 or > BytesMax) return null;
            using var reader = new StreamReader(file, Encoding.UTF8);
            return reader.ReadToEnd();
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
