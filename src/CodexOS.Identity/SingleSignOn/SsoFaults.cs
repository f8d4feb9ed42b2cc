using CodexOS.Platform.Faults;

namespace CodexOS.Identity.SingleSignOn;

/// <summary>What is said when somebody cannot be signed in through an identity provider.</summary>
internal static class SsoFaults
{
    public static Fault NoConnection { get; } = new(
        "identity.sso_no_connection",
        FaultKind.NotFound,
        "There is no single sign-on for this address or link. Sign in with your password, or ask an administrator.");

    public static Fault BadState { get; } = new(
        "identity.sso_bad_state",
        FaultKind.NotSignedIn,
        "This sign-in was finished already, took too long, or was begun in another browser. Begin it anew.");

    public static Fault WrongIssuer { get; } = new(
        "identity.sso_wrong_issuer",
        FaultKind.NotSignedIn,
        "The answer does not come from the identity provider that was asked. Begin the sign-in anew.");

    public static Fault Refused { get; } = new(
        "identity.sso_refused",
        FaultKind.NotSignedIn,
        "The identity provider did not sign you in. Try again there, or ask its administrator for access.");

    public static Fault EmailUnverified { get; } = new(
        "identity.sso_email_unverified",
        FaultKind.NotAllowed,
        "The identity provider does not say that your email address was verified. Verify it there, then sign in again.");

    public static Fault ForeignDomain { get; } = new(
        "identity.sso_foreign_domain",
        FaultKind.NotAllowed,
        "Your email address is in none of the domains that this identity provider signs in for. Ask an administrator.");

    public static Fault AccountElsewhere { get; } = new(
        "identity.sso_account_elsewhere",
        FaultKind.NotAllowed,
        "Your email address has an account outside of this tenant. Ask an administrator to invite you; once you have joined "
        + "with your password, single sign-on finds you.");

    public static Fault LinkedOtherwise { get; } = new(
        "identity.sso_linked_otherwise",
        FaultKind.NotAllowed,
        "The account with your email address belongs to somebody else at the identity provider. Ask an administrator.");

    public static Fault NotProvisioned { get; } = new(
        "identity.sso_not_provisioned",
        FaultKind.NotAllowed,
        "You have no account here, and none is made at the first sign-in. Ask an administrator to invite you.");

    public static Fault NoRole { get; } = new(
        "identity.sso_no_role",
        FaultKind.NotAllowed,
        "None of your groups at the identity provider has a role here. Ask an administrator to put you into one that has.");

    public static Fault Disabled { get; } = new(
        "identity.sso_disabled", FaultKind.NotAllowed, "Your account is disabled. Ask an administrator to enable it.");

    public static Fault Required { get; } = new(
        "identity.sso_required",
        FaultKind.NotAllowed,
        "Your tenant signs you in through its identity provider, not with a password. Continue with single sign-on.");

    public static Fault TooManyAttempts { get; } = new(
        "identity.sso_too_many_attempts",
        FaultKind.Throttled,
        "Too many sign-ins of this tenant are under way. Try again in some minutes.");

    public static Fault Raced { get; } = new(
        "identity.sso_raced", FaultKind.Conflict, "Your account was made or linked at this very moment. Begin the sign-in anew.");

    /// <summary>What the provider sent is not good; the reason names a claim or a part, never a value.</summary>
    public static Fault BadToken(string why) => new(
        "identity.sso_bad_token",
        FaultKind.NotSignedIn,
        $"What the identity provider says about you cannot be trusted: {why}. An administrator can test the connection.");

    /// <summary>The provider cannot be asked, or does not say what it has to.</summary>
    public static Fault Unavailable(string why) => new(
        "identity.sso_unavailable", FaultKind.Upstream, $"The identity provider cannot be used: {why}");
}
