using System.Collections.Immutable;
using System.Text.Json;
using Microsoft.IdentityModel.JsonWebTokens;

namespace CodexOS.Identity.SingleSignOn.Entry;

/// <summary>What a provider says about somebody: pure code over the claims of the ID token and of userinfo.</summary>
/// <param name="Subject">Who it is, for good.</param>
/// <param name="Email">Their address.</param>
/// <param name="IsEmailVerified">Whether the provider has seen that it is theirs.</param>
/// <param name="Name">How they are called.</param>
/// <param name="Groups">Their groups; null if nothing was said about them.</param>
/// <param name="ProviderSession">Their session at the provider.</param>
/// <param name="Methods">How they signed in there (RFC 8176).</param>
/// <param name="ContextClass">How well they did so.</param>
internal sealed record ProviderClaims(
    string Subject, string? Email, bool IsEmailVerified, string? Name, ImmutableHashSet<string>? Groups,
    string? ProviderSession, ImmutableHashSet<string> Methods, string? ContextClass)
{
    /// <summary>OpenID Connect Core, section 2.</summary>
    public const int SubjectLengthMax = 255;

    private const string SecondFactorMethod = "mfa";
    private const int GroupsMax = 2_000;

    /// <summary>The claims of an ID token's payload.</summary>
    public static ProviderClaims Of(JsonElement claims, string groupsClaim) => new(
        TextOf(claims, JwtRegisteredClaimNames.Sub) ?? "",
        TextOf(claims, JwtRegisteredClaimNames.Email),
        IsTrue(claims, JwtRegisteredClaimNames.EmailVerified),
        TextOf(claims, JwtRegisteredClaimNames.Name),
        ListOf(claims, groupsClaim),
        TextOf(claims, JwtRegisteredClaimNames.Sid),
        ListOf(claims, JwtRegisteredClaimNames.Amr) ?? [],
        TextOf(claims, JwtRegisteredClaimNames.Acr));

    /// <summary>Whether userinfo could add nothing that is asked for.</summary>
    public bool IsComplete => Email is not null && IsEmailVerified && Groups is not null && Name is not null;

    /// <summary>The same with what userinfo adds; what the signed token says stays.</summary>
    public ProviderClaims With(JsonElement userInfo, string groupsClaim)
    {
        var told = Of(userInfo, groupsClaim);
        return this with
        {
            Email = Email ?? told.Email,
            IsEmailVerified = IsEmailVerified || (told.IsEmailVerified && (Email is null || told.Email == Email)),
            Name = Name ?? told.Name,
            Groups = Groups ?? told.Groups,
        };
    }

    /// <summary>Whether they gave a second factor at the provider.</summary>
    public bool HasSecondFactor(string? acr) =>
        Methods.Contains(SecondFactorMethod) || (acr is not null && ContextClass == acr);

    private static string? TextOf(JsonElement claims, string name) =>
        claims.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.String ? value.GetString() : null;

    /// <summary>Some providers write it as a text.</summary>
    private static bool IsTrue(JsonElement claims, string name) =>
        claims.TryGetProperty(name, out var value)
        && (value.ValueKind is JsonValueKind.True || (value.ValueKind is JsonValueKind.String && value.GetString() == "true"));

    /// <summary>A list of texts, or one text; null if the claim is not there.</summary>
    private static ImmutableHashSet<string>? ListOf(JsonElement claims, string name)
    {
        if (!claims.TryGetProperty(name, out var value)) return null;
        IEnumerable<JsonElement> entries = value.ValueKind is JsonValueKind.Array ? value.EnumerateArray() : [value];
        return [.. entries.Where(static entry => entry.ValueKind is JsonValueKind.String)
            .Take(GroupsMax).Select(static entry => entry.GetString()!)];
    }
}
