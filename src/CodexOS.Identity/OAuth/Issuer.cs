using CodexOS.Identity.Setup;

namespace CodexOS.Identity.OAuth;

/// <summary>
/// Under which name this server issues tokens to clients: the address that people reach it under, as discovery (RFC 8414) and
/// access tokens (RFC 9068) need it. Tokens of people's own sessions keep the name of <see cref="IdentityOptions.Issuer"/>,
/// which does not change with the address.
/// </summary>
internal sealed class Issuer(ServerAddress address)
{
    public string Url => address.ForPeople.GetLeftPart(UriPartial.Path).TrimEnd('/');

    /// <summary>An address of this server.</summary>
    public string At(string path) => Url + path;
}
