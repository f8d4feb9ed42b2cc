namespace CodexOS.Client.Contracts;

/// <summary>Whether a server still has to be set up.</summary>
/// <param name="Needed">True until its first administrator exists.</param>
/// <param name="Version">The server's version.</param>
public sealed record SetupState(bool Needed, string Version);

/// <summary>Creates the first administrator.</summary>
/// <param name="Token">The one-time token that the server printed at its first start.</param>
/// <param name="Email">The administrator's address, with which to sign in.</param>
/// <param name="DisplayName">The administrator's name.</param>
/// <param name="Password">The administrator's password.</param>
public sealed record SetupRequest(string Token, string Email, string DisplayName, string Password);

/// <summary>Who is signed in.</summary>
/// <param name="User">The user.</param>
/// <param name="Tenant">The workspace the user works in.</param>
/// <param name="Role">The user's role there.</param>
/// <param name="Permissions">What the role may do.</param>
/// <param name="SecondFactorNeeded">Whether nothing may be done until a second factor was given.</param>
public sealed record Me(
    MeUser User, MeTenant Tenant, string Role, IReadOnlyList<string> Permissions, bool SecondFactorNeeded = false);

/// <summary>The signed-in user.</summary>
/// <param name="Id">Their id, <c>usr_…</c>.</param>
/// <param name="DisplayName">Their name.</param>
/// <param name="Email">Their address; a service account has none.</param>
public sealed record MeUser(string Id, string DisplayName, string? Email = null);

/// <summary>The signed-in user's tenant.</summary>
/// <param name="Id">Its id, <c>ten_…</c>.</param>
/// <param name="Name">Its name.</param>
public sealed record MeTenant(string Id, string Name);

internal sealed record SetupBody(string Token, string Email, string DisplayName, string Password, string Transport);

internal sealed record SignInBody(string Email, string Password, string Transport, string? Tenant = null);

internal sealed record RefreshBody(string RefreshToken, string Transport);

internal sealed record SessionTokens(string AccessToken, int ExpiresInSeconds, string? RefreshToken = null);
