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
    /// <summary>Whether there is a secret of this name, for anybody.</summary>
    bool Has(string name);

    /// <summary>
    /// The header for a request, or <c>egress.secret_unavailable</c> if there is none for this tenant and host.
    /// </summary>
    /// <param name="name">The secret.</param>
    /// <param name="tenant">Whose run asks.</param>
    /// <param name="host">Where it would go.</param>
    /// <param name="isEncrypted">Whether the request goes over TLS.</param>
    Result<SecretHeader> Read(string name, TenantId tenant, HostName host, bool isEncrypted);
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

/// <summary>Secrets that the operator sets up: in the configuration or, better, in files.</summary>
internal sealed class OptionSecrets(IOptions<EgressOptions> options) : ISecretSource
{
    private const int BytesMax = 16_384;

    public bool Has(string name) => options.Value.Secrets.ContainsKey(name);

    public Result<SecretHeader> Read(string name, TenantId tenant, HostName host, bool isEncrypted)
    {
        if (!options.Value.Secrets.TryGetValue(name, out var secret)
            || (secret.Tenants.Count > 0 && !secret.Tenants.Contains(tenant.ToString())))
        {
            return EgressFaults.SecretUnavailable(name, "there is none of this name");
        }

        if (!secret.Hosts.Any(text => EgressRule.Parse(text).TryGet(out var rule, out _) && rule.IsFor(host)))
            return EgressFaults.SecretUnavailable(name, $"it may not go to {host}");
        if (!isEncrypted && !secret.AllowPlainHttp)
            return EgressFaults.SecretUnavailable(name, "it may not go over plain HTTP");
        return ReadValue(secret) is { } value
            ? new SecretHeader(secret.Header, secret.Prefix + value, value)
            : EgressFaults.SecretUnavailable(name, "its file does not hold it on a single line");
    }

    private static string? ReadValue(EgressSecretOptions secret)
    {
        var text = secret.Value;
        if (!string.IsNullOrEmpty(secret.File))
        {
            try
            {
                using var file = System.IO.File.OpenRead(secret.File);
                if (file.Length is 0 or > BytesMax) return null;
                using var reader = new StreamReader(file, Encoding.UTF8);
                text = reader.ReadToEnd();
            }
            catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
            {
                return null;
            }
        }

        var value = text?.Trim() ?? "";
        return value.Length > 0 && value.All(static character => character is >= ' ' and <= '~') ? value : null;
    }
}
