using System.Collections.Frozen;
using CodexOS.Identity.Permissions;
using CodexOS.Identity.Tokens;
using CodexOS.Platform.Tenancy;

namespace CodexOS.Identity.OAuth;

/// <summary>
/// What a client can be allowed: the permissions of the one table, by name, and three scopes of OpenID Connect that only tell
/// who somebody is. A scope gives nothing that the person, or the service account, does not hold at that time.
/// </summary>
internal static class Scopes
{
    public const string OpenId = "openid";
    public const string Profile = "profile";
    public const string Email = "email";

    /// <summary>The longest list of scopes that is looked at.</summary>
    public const int LengthMax = 2_048;

    private static readonly FrozenDictionary<string, string> OfIdentity = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        [OpenId] = "Know who you are, by your id",
        [Profile] = "Know your name",
        [Email] = "Know your email address",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Every scope there is: those of OpenID Connect, then the permissions in their table's order.</summary>
    public static IReadOnlyList<string> All { get; } = [OpenId, Profile, Email, .. PermissionTable.All];

    /// <summary>Whether there is such a scope.</summary>
    public static bool Has(string scope) => OfIdentity.ContainsKey(scope) || PermissionTable.Has(scope);

    /// <summary>Whether a scope only tells who somebody is.</summary>
    public static bool IsOfIdentity(string scope) => OfIdentity.ContainsKey(scope);

    /// <summary>What a scope lets a client do, in words.</summary>
    public static string MeaningOf(string scope) =>
        OfIdentity.GetValueOrDefault(scope) ?? PermissionTable.MeaningOf(scope)
        ?? throw new ArgumentException($"There is no scope '{scope}'.", nameof(scope));

    /// <summary>Scopes as they are stored and sent: sorted, with a space between.</summary>
    public static string Write(IEnumerable<string> scopes) =>
        string.Join(' ', scopes.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));

    /// <summary>The scopes of a text, whether or not there are such.</summary>
    public static FrozenSet<string> Split(string text) =>
        text.Split(' ', StringSplitOptions.RemoveEmptyEntries).ToFrozenSet(StringComparer.Ordinal);

    /// <summary>A caller for whom a client acts, held to what that may do.</summary>
    public static Caller Restrict(Caller caller, ClientScopes client) => caller.HeldTo(client.Scopes) with
    {
        Proof = CallerProof.Client,
        ClientId = client.Client.ToString(),
    };
}
