using System.Security.Cryptography;
using System.Text.Json;
using CodexOS.Platform.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace CodexOS.Identity.Scim.Protocol;

/// <summary>Versions of entries (RFC 7644, section 3.14): weak entity tags, which are equal as long as an entry is.</summary>
internal static class ScimVersion
{
    private const int HashLength = 24;

    /// <summary>The version of something by all that is shown of it.</summary>
    public static string Of<T>(T shown)
    {
        var hash = SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(shown, Json.Options));
        return $"W/\"{Convert.ToHexStringLower(hash)[..HashLength]}\"";
    }

    /// <summary>The version of a group: its own changes are counted, and whoever leaves the tenant leaves it.</summary>
    public static string Of(long revision, int members) => $"W/\"{revision}-{members}\"";

    /// <summary>What a request demands of the version that it changes.</summary>
    public static ScimDemand IfMatch(HttpContext context) => DemandOf(context.Request.Headers.IfMatch);

    /// <summary>Whether a request has this version already.</summary>
    public static bool IsKnown(HttpContext context, string version) =>
        context.Request.Headers.IfNoneMatch.Count > 0 && DemandOf(context.Request.Headers.IfNoneMatch).Allows(version);

    private static ScimDemand DemandOf(StringValues header)
    {
        if (header.Count == 0) return ScimDemand.None;
        // One that cannot be read allows nothing: whoever sent it did not mean that anything goes.
        return EntityTagHeaderValue.TryParseList(header!, out var tags) ? new ScimDemand([.. tags]) : new ScimDemand([]);
    }
}

/// <summary>Versions that a request is about; null is whichever there is.</summary>
/// <param name="Tags">The versions.</param>
internal sealed record ScimDemand(IReadOnlyList<EntityTagHeaderValue>? Tags)
{
    public static ScimDemand None { get; } = new((IReadOnlyList<EntityTagHeaderValue>?)null);

    /// <summary>Whether the version is one of them. They are weak, so they are compared as such.</summary>
    public bool Allows(string version) => Tags is null || Tags.Any(tag =>
        tag.Equals(EntityTagHeaderValue.Any)
        || tag.Compare(EntityTagHeaderValue.Parse(version), useStrongComparison: false));
}
