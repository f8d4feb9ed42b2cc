using CodexOS.Identity.Members;
using CodexOS.Platform.Faults;

namespace CodexOS.Identity.Scim;

/// <summary>What is said to an identity provider whose request cannot be done. Each may carry SCIM's own word for it.</summary>
internal static class ScimFaults
{
    /// <summary>Under which name a fault carries SCIM's word (RFC 7644, section 3.12).</summary>
    public const string TypeName = "scimType";

    /// <summary>Answered with 412, as the RFC wants it.</summary>
    public const string ChangedCode = "identity.scim_changed";

    public static Fault Changed { get; } = new(
        ChangedCode, FaultKind.Conflict,
        "The version that If-Match names is not the one there is. Read the entry again, and change what it is now.");

    public static Fault UserNotFound => MemberStore.NotFound;

    public static Fault GroupNotFound { get; } = new(
        "identity.scim_group_not_found", FaultKind.NotFound, "There is no such group in your tenant.");

    public static Fault UserExists { get; } = Typed(
        "identity.scim_user_exists", FaultKind.Conflict, "uniqueness",
        "Somebody with this userName is a member already. Find them by a filter, and change them instead.");

    public static Fault AddressTaken { get; } = Typed(
        "identity.scim_address_taken", FaultKind.Conflict, "uniqueness",
        "Another account has this userName. Give each person an address of their own.");

    public static Fault GroupExists { get; } = Typed(
        "identity.scim_group_exists", FaultKind.Conflict, "uniqueness",
        "There is a group of this displayName already. Find it by a filter, and change it instead.");

    public static Fault ForeignDomain { get; } = new(
        "identity.scim_foreign_domain",
        FaultKind.NotAllowed,
        "The domain of this userName is not verified for your tenant. Add it to a single sign-on connection and verify it.");

    public static Fault AddressElsewhere { get; } = Typed(
        "identity.scim_shared_account", FaultKind.Conflict, "mutability",
        "This person belongs to other tenants too, so no tenant alone can change their address.");

    public static Fault AddressOfOwner { get; } = Typed(
        "identity.owners_only", FaultKind.NotAllowed, "mutability",
        "Only an owner who is signed in can change another owner; an identity provider cannot give one another address.");

    public static Fault BadUserName { get; } = BadValue(
        "userName is the person's email address. Map the address to it at the identity provider.");

    public static Fault BadPath { get; } = Typed(
        "identity.scim_bad_path", FaultKind.Invalid, "invalidPath",
        "The path is none: name an attribute, with its part after a dot, or one of its values by a condition in brackets.");

    public static Fault NoTarget { get; } = Typed(
        "identity.scim_no_target", FaultKind.Invalid, "noTarget", "A removal has a path that says what to remove.");

    public static Fault ReadOnly(string attribute) => Typed(
        "identity.scim_read_only", FaultKind.Invalid, "mutability", $"{attribute} cannot be changed.");

    public static Fault BadFilter(string why) => Typed(
        "identity.scim_bad_filter", FaultKind.Invalid, "invalidFilter", $"The filter cannot be used. {why}");

    public static Fault BadValue(string why) => Typed("identity.scim_bad_value", FaultKind.Invalid, "invalidValue", why);

    public static Fault BadSyntax(string why) => Typed("identity.scim_bad_syntax", FaultKind.Invalid, "invalidSyntax", why);

    public static Fault TooLarge(string why) => new("identity.scim_too_large", FaultKind.TooLarge, why);

    public static Fault UnknownMember(string id) => Typed(
        "identity.scim_unknown_member", FaultKind.Invalid, "invalidValue",
        $"'{(id.Length > 100 ? id[..100] : id)}' is no user of your tenant. A group has users only; make them first.");

    public static Fault TooManyGroups(int groupsMax) => new(
        "identity.scim_too_many_groups",
        FaultKind.LimitReached,
        $"A tenant has at most {groupsMax} groups (Scim:GroupsPerTenantMax). Assign fewer at the identity provider.");

    public static Fault TooManyMembers(int membersMax) => new(
        "identity.scim_too_many_members",
        FaultKind.LimitReached,
        $"A group has at most {membersMax} people (Scim:MembersPerGroupMax). Assign smaller groups at the identity provider.");

    private static Fault Typed(string code, FaultKind kind, string scimType, string message) =>
        new Fault(code, kind, message).With(TypeName, scimType);
}
