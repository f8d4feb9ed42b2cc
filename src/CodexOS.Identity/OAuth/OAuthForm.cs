using System.Diagnostics.CodeAnalysis;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace CodexOS.Identity.OAuth;

/// <summary>The members of a request, each there at most once (RFC 6749, section 3.1); an empty one counts as absent.</summary>
internal sealed class OAuthForm
{
    private readonly Dictionary<string, string> _members;

    private OAuthForm(Dictionary<string, string> members) => _members = members;

    public string? this[string name] => _members.GetValueOrDefault(name);

    /// <summary>Takes the members of a query or a form; false if one is repeated.</summary>
    public static bool TryRead(
        IEnumerable<KeyValuePair<string, StringValues>> members, [NotNullWhen(true)] out OAuthForm? form)
    {
        form = null;
        var read = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, values) in members)
        {
            if (values.Count > 1) return false;
            if (values is [{ Length: > 0 } value] && !read.TryAdd(name, value)) return false;
        }

        form = new OAuthForm(read);
        return true;
    }

    /// <summary>Reads the body of a request; null if it is no form or repeats a member.</summary>
    public static async Task<OAuthForm?> ReadAsync(HttpContext context)
    {
        if (!context.Request.HasFormContentType) return null;
        try
        {
            return TryRead(await context.Request.ReadFormAsync(context.RequestAborted), out var form) ? form : null;
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }

    /// <summary>
    /// How the client says who it is: its id and secret in the header (RFC 6749, section 2.3.1) or in the form; null if it
    /// says so twice or not in order.
    /// </summary>
    public (string Id, string? Secret)? Credentials(HttpContext context)
    {
        const string basic = "Basic ";
        if (context.Request.Headers.Authorization is not [{ } header])
            return this["client_id"] is { } id ? (id, this["client_secret"]) : null;
        if (!header.StartsWith(basic, StringComparison.OrdinalIgnoreCase) || this["client_secret"] is not null) return null;
        var bytes = new byte[header.Length];
        if (!Convert.TryFromBase64String(header[basic.Length..].Trim(), bytes, out var length)) return null;
        var pair = Encoding.UTF8.GetString(bytes.AsSpan(0, length)).Split(':', 2);
        if (pair is not [var encodedId, var encodedSecret]) return null;
        var named = Decode(encodedId);
        return this["client_id"] is { } again && again != named ? null : (named, Decode(encodedSecret));
    }

    private static string Decode(string text) => Uri.UnescapeDataString(text.Replace('+', ' '));
}
