using System.ComponentModel.DataAnnotations;
using CodexOS.Identity.Contracts;
using CodexOS.Platform.Ids;

namespace CodexOS.Identity.Members;

/// <summary>A person who belongs to the tenant.</summary>
/// <param name="Id">Their id.</param>
/// <param name="Email">Their email address.</param>
/// <param name="DisplayName">How they are shown to others.</param>
/// <param name="Role">Their role, by name.</param>
/// <param name="State">Whether they may act in the tenant at present.</param>
/// <param name="SecondFactor">Whether they have set up an authenticator, which is asked for after the password.</param>
/// <param name="Passkeys">How many passkeys they have, each of which counts as two factors.</param>
/// <param name="JoinedAt">When they joined.</param>
/// <param name="LastSeenAt">When they last signed in or went on with a session, as far as it is known.</param>
public sealed record Member(
    UserId Id, string Email, string DisplayName, string Role, MemberState State, bool SecondFactor, int Passkeys,
    DateTimeOffset JoinedAt, DateTimeOffset? LastSeenAt);

/// <summary>What to change of a member. What is left out stays.</summary>
public sealed record UpdateMemberRequest
{
    /// <summary>Another role, by name.</summary>
    [StringLength(40, ErrorMessage = "There is no role with so long a name.")]
    public string? Role { get; init; }

    /// <summary>Whether the member may act in the tenant.</summary>
    public MemberState? State { get; init; }
}
