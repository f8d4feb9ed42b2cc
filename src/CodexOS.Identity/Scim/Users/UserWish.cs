using System.Text.Json;
using CodexOS.Identity.Mail;
using CodexOS.Identity.Scim.Protocol;
using CodexOS.Identity.SignIn;
using CodexOS.Identity.SingleSignOn.Domains;
using CodexOS.Platform.Faults;

namespace CodexOS.Identity.Scim.Users;

/// <summary>
/// What an identity provider wants a person to be here: pure code. What it says beyond that (departments, telephones, passwords)
/// is passed over, and so are addresses besides the userName.
/// </summary>
internal sealed record UserWish
{
    private const int NameLengthMax = 100;
    private const int TextLengthMax = 500;
    private const int ExternalIdLengthMax = 256;

    /// <summary>The email address.</summary>
    public required string UserName { get; init; }

    /// <summary>The person's id at the provider.</summary>
    public string? ExternalId { get; init; }

    /// <summary>How the person is shown to others; null where the provider does not say.</summary>
    public string? DisplayName { get; init; }

    /// <summary>The whole name, by which a person without a display name is shown.</summary>
    public string? Formatted { get; init; }

    public string? GivenName { get; init; }

    public string? FamilyName { get; init; }

    /// <summary>Whether the person may act; null leaves it as it is.</summary>
    public bool? Active { get; init; }

    /// <summary>How the person is shown already, where that stays unless the provider says otherwise.</summary>
    private string? Kept { get; init; }

    /// <summary>How the person is shown: as the provider says, else by the parts of the name, else by the address.</summary>
    public string ShownAs => DisplayName ?? Formatted ?? Kept ?? Joined(GivenName, FamilyName) ?? UserName.Split('@')[0];

    /// <summary>Reads a whole person, as POST and PUT send one.</summary>
    public static Result<UserWish> Read(JsonElement body)
    {
        if (!ReadUserName(body.Member("username")).TryGet(out var userName, out var fault)) return fault;
        var wish = new UserWish { UserName = userName };
        foreach (var member in body.EnumerateObject())
        {
            var path = new ScimPath(member.Name.ToLowerInvariant(), null, null);
            if (path.Attribute is "username") continue;
            if (!wish.Set(path, member.Value, isNamed: false).TryGet(out wish, out fault)) return fault;
        }

        return wish;
    }

    /// <summary>The same in place of what is there: a person whom the provider gives no name keeps theirs.</summary>
    public UserWish InPlaceOf(UserWish present) => this with
    {
        Kept = GivenName is null && FamilyName is null ? present.ShownAs : null,
    };

    /// <summary>What a person is after a PATCH.</summary>
    /// <param name="operations">The changes, in their order.</param>
    public Result<UserWish> Apply(IReadOnlyList<ScimPatchOperation> operations)
    {
        // A name that was made of its parts is made of them anew; one of its own stays.
        var kept = ShownAs == Joined(GivenName, FamilyName) ? null : ShownAs;
        var wish = this with { DisplayName = null, Formatted = null, Kept = kept };
        foreach (var operation in operations)
        {
            var value = operation.Kind is ScimPatchKind.Remove ? default : operation.Value;
            if (!wish.Set(operation.Path, value, operation.IsNamed).TryGet(out wish, out var fault)) return fault;
        }

        return wish;
    }

    private Result<UserWish> Set(ScimPath path, JsonElement value, bool isNamed) => (path.Attribute, path.Part) switch
    {
        ("username", null) => ReadUserName(value).TryGet(out var name, out var fault) ? this with { UserName = name } : fault,
        ("externalid", null) => ScimJson.Text(value, "externalId", ExternalIdLengthMax).TryGet(out var id, out var fault)
            ? this with { ExternalId = id }
            : fault,
        ("active", null) => ReadActive(value),
        ("displayname", null) => ReadName(value, "displayName").TryGet(out var name, out var fault)
            ? this with { DisplayName = name }
            : fault,
        ("name", "givenname") => ReadName(value, "name.givenName").TryGet(out var name, out var fault)
            ? this with { GivenName = name }
            : fault,
        ("name", "familyname") => ReadName(value, "name.familyName").TryGet(out var name, out var fault)
            ? this with { FamilyName = name }
            : fault,
        ("name", "formatted") => ReadName(value, "name.formatted").TryGet(out var name, out var fault)
            ? this with { Formatted = name }
            : fault,
        ("name", null) => SetName(value),
        ("id" or "meta" or "groups" or "schemas", _) when isNamed => ScimFaults.ReadOnly(path.Attribute),
        _ => this,
    };

    private Result<UserWish> SetName(JsonElement value)
    {
        if (value.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null)
            return this with { GivenName = null, FamilyName = null };
        if (value.ValueKind is not JsonValueKind.Object) return ScimFaults.BadValue("name is an object.");
        var wish = this;
        foreach (var part in (string[])["givenname", "familyname", "formatted"])
        {
            if (value.Member(part) is not { } given) continue;
            if (!wish.Set(new ScimPath("name", part, null), given, isNamed: false).TryGet(out wish, out var fault)) return fault;
        }

        return wish;
    }

    private Result<UserWish> ReadActive(JsonElement value)
    {
        if (!ScimJson.Flag(value, "active").TryGet(out var active, out var fault)) return fault;
        return active is null ? ScimFaults.BadValue("active is true or false, and cannot be removed.") : this with { Active = active };
    }

    private static Result<string> ReadUserName(JsonElement? value)
    {
        if (!ScimJson.Text(value, "userName", EmailKey.LengthMax).TryGet(out var name, out var fault)) return fault;
        return name is not null && Mailbox.Of(name) is not null && DomainStore.DomainOf(name) is not null
            && !name.Any(static letter => char.IsControl(letter) || char.IsWhiteSpace(letter))
            ? name
            : ScimFaults.BadUserName;
    }

    /// <summary>A name as it is kept: without control characters, and cut like the names of a sign-in.</summary>
    private static Result<string?> ReadName(JsonElement value, string attribute)
    {
        if (!ScimJson.Text(value, attribute, TextLengthMax).TryGet(out var text, out var fault)) return fault;
        if (text is null) return (string?)null;
        var name = new string([.. text.Where(static letter => !char.IsControl(letter)).Take(NameLengthMax)]).Trim();
        return name.Length == 0 ? null : name;
    }

    private static string? Joined(string? given, string? family)
    {
        var joined = $"{given} {family}".Trim();
        return joined.Length == 0 ? null : joined.Length > NameLengthMax ? joined[..NameLengthMax] : joined;
    }
}
