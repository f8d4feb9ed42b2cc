using CodexOS.Identity.Contracts;
using CodexOS.Identity.OAuth;
using CodexOS.Platform.Ids;

namespace CodexOS.Identity.Scim;

/// <summary>Where things are, as providers are told: whole addresses, under the name that people reach this server by.</summary>
internal sealed class ScimRoutes(Issuer server)
{
    /// <summary>Where it begins, below <c>/api/v1</c>.</summary>
    public const string Prefix = "/scim/v2";

    public const string Users = "/Users";
    public const string Groups = "/Groups";

    public string At(string path) => server.At($"/api/v1{Prefix}{path}");

    public string Of(UserId user) => At($"{Users}/{user}");

    public string Of(ScimGroupId group) => At($"{Groups}/{group}");
}
