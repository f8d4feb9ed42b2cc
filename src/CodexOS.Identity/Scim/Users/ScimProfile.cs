using System.Text.Json;
using CodexOS.Platform.Http;

namespace CodexOS.Identity.Scim.Users;

/// <summary>What an identity provider says of a person and SCIM alone needs; it is sealed under the person's key.</summary>
/// <param name="ExternalId">The person's id at the provider.</param>
/// <param name="GivenName">The given name.</param>
/// <param name="FamilyName">The family name.</param>
internal sealed record ScimProfile(string? ExternalId, string? GivenName, string? FamilyName)
{
    public static ScimProfile Empty { get; } = new(null, null, null);

    public static ScimProfile Of(UserWish wish) => new(wish.ExternalId, wish.GivenName, wish.FamilyName);

    public static ScimProfile Read(string stored) => JsonSerializer.Deserialize<ScimProfile>(stored, Json.Options) ?? Empty;

    public string Write() => JsonSerializer.Serialize(this, Json.Options);
}
