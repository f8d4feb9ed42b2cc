namespace CodexOS.Client.Contracts;

/// <summary>A person who belongs to the tenant.</summary>
/// <param name="Id">Their id.</param>
/// <param name="Email">Their email address.</param>
/// <param name="DisplayName">How they are shown to others.</param>
/// <param name="Role">Their role.</param>
/// <param name="State"><c>active</c> or <c>disabled</c>.</param>
/// <param name="SecondFactor">Whether they have set up a second factor.</param>
/// <param name="JoinedAt">When they joined.</param>
/// <param name="LastSeenAt">When they last signed in or went on with a session.</param>
/// <param name="Passkeys">How many passkeys they have.</param>
public sealed record Member(
    string Id, string Email, string DisplayName, string Role, string State, bool SecondFactor, DateTimeOffset JoinedAt,
    DateTimeOffset? LastSeenAt = null, int Passkeys = 0);

/// <summary>What to change of a member; null stays.</summary>
/// <param name="Role">Another role.</param>
/// <param name="State"><c>active</c> or <c>disabled</c>.</param>
public sealed record UpdateMember(string? Role = null, string? State = null);

/// <summary>Somebody who was asked to join and has not done so yet.</summary>
/// <param name="Id">Its id, <c>inv_…</c>.</param>
/// <param name="Email">Whom it was sent to.</param>
/// <param name="Role">The role they will have.</param>
/// <param name="CreatedAt">When it was sent.</param>
/// <param name="CreatedBy">Who sent it.</param>
/// <param name="ExpiresAt">Until when its link is good.</param>
public sealed record Invitation(
    string Id, string Email, string Role, DateTimeOffset CreatedAt, string CreatedBy, DateTimeOffset ExpiresAt);

/// <summary>Somebody to invite.</summary>
/// <param name="Email">Their email address.</param>
/// <param name="Role">The role they are to have.</param>
public sealed record CreateInvitation(string Email, string Role);

/// <summary>What a link invites to.</summary>
/// <param name="TenantName">The tenant to join.</param>
/// <param name="Email">Whom it was sent to.</param>
/// <param name="Role">The role they will have.</param>
/// <param name="HasAccount">Whether that address has an account, whose password is needed.</param>
/// <param name="ExpiresAt">Until when the link is good.</param>
public sealed record InvitationPreview(
    string TenantName, string Email, string Role, bool HasAccount, DateTimeOffset ExpiresAt);

/// <summary>Joins a tenant.</summary>
/// <param name="Token">The token of the link.</param>
/// <param name="Password">The password, of the account there is or for a new one.</param>
/// <param name="DisplayName">How to be shown to others; needed for a new account.</param>
public sealed record AcceptInvitation(string Token, string Password, string? DisplayName = null);

/// <summary>Somebody has joined.</summary>
/// <param name="Tenant">The tenant, by id; name it to sign in to it.</param>
/// <param name="TenantName">Its name.</param>
/// <param name="Email">The address to sign in with.</param>
public sealed record JoinedTenant(string Tenant, string TenantName, string Email);

/// <summary>One's own second factor.</summary>
/// <param name="Enabled">Whether one is set up.</param>
/// <param name="RecoveryCodesLeft">How many recovery codes have not been used.</param>
/// <param name="Required">Whether the tenant asks for one.</param>
/// <param name="GivenInSession">Whether one was given in this session.</param>
/// <param name="EnabledAt">Since when.</param>
/// <param name="LockedUntil">Until when codes are refused because too many were wrong.</param>
/// <param name="Passkeys">How many passkeys there are, each of which a browser can give instead of a code.</param>
/// <param name="PasswordConfirms">Whether this session confirms with the password, for want of a second factor.</param>
public sealed record SecondFactorStatus(
    bool Enabled, int RecoveryCodesLeft, bool Required, bool GivenInSession, DateTimeOffset? EnabledAt = null,
    DateTimeOffset? LockedUntil = null, int Passkeys = 0, bool PasswordConfirms = false);

/// <summary>One of one's own sessions.</summary>
/// <param name="Id">Its id, <c>ses_…</c>.</param>
/// <param name="Client">How the device named itself.</param>
/// <param name="CreatedAt">When the sign-in was.</param>
/// <param name="LastUsedAt">When it last refreshed.</param>
/// <param name="ExpiresAt">When it ends whatever happens.</param>
/// <param name="Current">Whether it is the session that asks.</param>
/// <param name="SingleSignOn">The name of the connection that it came by; null if it came by a password.</param>
public sealed record OwnSession(
    string Id, string Client, DateTimeOffset CreatedAt, DateTimeOffset LastUsedAt, DateTimeOffset ExpiresAt, bool Current,
    string? SingleSignOn = null);

/// <summary>One of one's own passkeys.</summary>
/// <param name="Id">Its id, <c>psk_…</c>.</param>
/// <param name="Name">What it is called.</param>
/// <param name="CreatedAt">When it was added.</param>
/// <param name="Syncable">Whether its device may copy it to other devices.</param>
/// <param name="Synced">Whether it is copied.</param>
/// <param name="LastUsedAt">When it was used last; null if never.</param>
public sealed record Passkey(
    string Id, string Name, DateTimeOffset CreatedAt, bool Syncable, bool Synced, DateTimeOffset? LastUsedAt = null);

/// <summary>What an authenticator app needs.</summary>
/// <param name="Secret">The seed, to be typed.</param>
/// <param name="Uri">The same for a QR code.</param>
/// <param name="QrSvg">The QR code as an SVG picture.</param>
public sealed record TotpSetup(string Secret, string Uri, string QrSvg);

/// <summary>Codes for when the authenticator is lost; each works once.</summary>
/// <param name="Codes">The codes.</param>
public sealed record RecoveryCodes(IReadOnlyList<string> Codes);

/// <summary>A sign-in whose password was right and that needs a second factor.</summary>
/// <param name="Challenge">Hand it to <see cref="CodexOSClient.FinishSignInAsync"/> with a code.</param>
/// <param name="Email">Who signs in.</param>
public sealed record PendingSignIn(string Challenge, string Email);

internal sealed record SecondFactorBody(string Challenge, string? Code, string? RecoveryCode, string Transport);

internal sealed record InvitationTokenBody(string Token);

internal sealed record GivenCodeBody(string? Code, string? RecoveryCode);

internal sealed record PasswordBody(string Password);

internal sealed record ForgottenPasswordBody(string Email);

internal sealed record ResetPasswordBody(string Token, string Password);

internal sealed record DisplayNameBody(string DisplayName);

internal sealed record PasswordChangeBody(string CurrentPassword, string NewPassword);

internal sealed record SignInPolicyBody(bool SecondFactorRequired);

/// <summary>Tokens, or a challenge.</summary>
internal sealed record SignInAnswer(
    string? AccessToken = null, int ExpiresInSeconds = 0, string? RefreshToken = null, string? Challenge = null);
