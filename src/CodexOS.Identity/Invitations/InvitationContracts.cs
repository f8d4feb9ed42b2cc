using System.ComponentModel.DataAnnotations;
using CodexOS.Identity.Contracts;
using CodexOS.Identity.Mail;
using CodexOS.Identity.Passwords;
using CodexOS.Identity.SignIn;
using CodexOS.Platform.Ids;

namespace CodexOS.Identity.Invitations;

/// <summary>Somebody who was asked to join and has not done so yet.</summary>
/// <param name="Id">Names it, to withdraw it.</param>
/// <param name="Email">Whom it was sent to.</param>
/// <param name="Role">The role they will have, by name.</param>
/// <param name="CreatedAt">When it was sent.</param>
/// <param name="CreatedBy">Who sent it.</param>
/// <param name="ExpiresAt">Until when its link is good.</param>
public sealed record Invitation(
    InvitationId Id, string Email, string Role, DateTimeOffset CreatedAt, UserId CreatedBy, DateTimeOffset ExpiresAt);

/// <summary>What a link invites to.</summary>
/// <param name="TenantName">The tenant to join.</param>
/// <param name="Email">Whom it was sent to.</param>
/// <param name="Role">The role they will have, by name.</param>
/// <param name="HasAccount">Whether that address has an account here, whose password is needed.</param>
/// <param name="ExpiresAt">Until when the link is good.</param>
public sealed record InvitationPreview(
    string TenantName, string Email, string Role, bool HasAccount, DateTimeOffset ExpiresAt);

/// <summary>Somebody has joined. They sign in with their email address and password now.</summary>
/// <param name="Tenant">The tenant they have joined; name it to sign in to it.</param>
/// <param name="TenantName">Its name.</param>
/// <param name="Email">The address to sign in with.</param>
public sealed record JoinedTenant(TenantId Tenant, string TenantName, string Email);

/// <summary>Somebody to invite.</summary>
public sealed record CreateInvitationRequest
{
    /// <summary>Their email address. A new invitation of the same address replaces the earlier one.</summary>
    [Required(ErrorMessage = "Give an email address.")]
    [EmailAddress(ErrorMessage = "This is no email address.")]
    [OneMailbox(ErrorMessage = "Give one plain address, like ada@example.org.")]
    [StringLength(EmailKey.LengthMax, ErrorMessage = "An email address has at most 254 characters.")]
    public string Email { get; init; } = "";

    /// <summary>The role they are to have, by name; one that may do no more than you.</summary>
    [Required(ErrorMessage = "Say what role they are to have.")]
    [StringLength(40, ErrorMessage = "There is no role with so long a name.")]
    public string Role { get; init; } = "";
}

/// <summary>Asks what a link invites to.</summary>
public sealed record LookAtInvitationRequest
{
    /// <summary>The token of the link.</summary>
    [Required(ErrorMessage = "Give the token of the link.")]
    [StringLength(128, ErrorMessage = "This is no token of a link: it is too long.")]
    public string Token { get; init; } = "";
}

/// <summary>Joins a tenant.</summary>
public sealed record AcceptInvitationRequest
{
    /// <summary>The token of the link.</summary>
    [Required(ErrorMessage = "Give the token of the link.")]
    [StringLength(128, ErrorMessage = "This is no token of a link: it is too long.")]
    public string Token { get; init; } = "";

    /// <summary>How to be shown to others; needed for a new account.</summary>
    [StringLength(100, ErrorMessage = "A name has at most 100 characters.")]
    public string? DisplayName { get; init; }

    /// <summary>The password: of the account that the address has already, or for a new one.</summary>
    [Required(ErrorMessage = "Give a password.")]
    [StringLength(PasswordPolicy.LengthMax, ErrorMessage = "A password has at most 128 characters.")]
    public string Password { get; init; } = "";
}
