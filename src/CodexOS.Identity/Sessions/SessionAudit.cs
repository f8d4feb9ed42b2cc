using CodexOS.Trust.Contracts;

namespace CodexOS.Identity.Sessions;

/// <summary>What the audit log is told about sessions. Where somebody came from is personal and can be erased.</summary>
internal static class SessionAudit
{
    public const string SignIn = "sessions.sign_in";
    public const string Address = "address";

    /// <summary>A session began.</summary>
    public static AuditEntry SignedIn(IssuedTokens tokens, Client client) => About(AuditEntry.Done(SignIn), tokens, client);

    /// <summary>The installation got its first tenant and owner.</summary>
    public static AuditEntry SetUp(IssuedTokens tokens, Client client) =>
        About(AuditEntry.Done("installation.set_up"), tokens, client);

    /// <summary>Where a request came from, as it is recorded.</summary>
    public static string AddressOf(Client client) => client.Address?.ToString() ?? "unknown";

    private static AuditEntry About(AuditEntry entry, IssuedTokens tokens, Client client) => entry
        .In(tokens.Tenant)
        .By(AuditActor.Of(tokens.User))
        .On("session", tokens.Session.ToString())
        .WithPersonal(Address, AddressOf(client))
        .WithPersonal("client", client.Name);
}
