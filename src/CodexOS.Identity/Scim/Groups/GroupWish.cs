using System.Collections.Immutable;
using System.Text.Json;
using CodexOS.Identity.Scim.Protocol;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Ids;

namespace CodexOS.Identity.Scim.Groups;

/// <summary>What an identity provider wants a group to be here: pure code.</summary>
/// <param name="DisplayName">What it is called.</param>
/// <param name="ExternalId">Its id at the provider.</param>
/// <param name="Members">Who is in it.</param>
internal sealed record GroupWish(string DisplayName, string? ExternalId, ImmutableHashSet<UserId> Members)
{
    private const int LengthMax = 256;

    /// <summary>Reads a whole group, as POST and PUT send one.</summary>
    public static Result<GroupWish> Read(JsonElement body)
    {
        var wish = new GroupWish("", null, []);
        if (!wish.Named(body.Member("displayname")).TryGet(out wish, out var fault)) return fault;
        if (body.Member("externalid") is { } id && !wish.KnownAs(id).TryGet(out wish, out fault)) return fault;
        if (body.Member("members") is not { } members) return wish;
        return IdsOf(members).TryGet(out var ids, out fault) ? wish with { Members = [.. ids] } : fault;
    }

    /// <summary>What a group is after a PATCH.</summary>
    /// <param name="operations">The changes, in their order.</param>
    public Result<GroupWish> Apply(IReadOnlyList<ScimPatchOperation> operations)
    {
        var wish = this;
        foreach (var operation in operations)
            if (!wish.Apply(operation).TryGet(out wish, out var fault)) return fault;
        return wish;
    }

    private Result<GroupWish> Apply(ScimPatchOperation operation)
    {
        var value = operation.Kind is ScimPatchKind.Remove ? default : operation.Value;
        return (operation.Path.Attribute, operation.Path.Part) switch
        {
            ("displayname", null) => Named(value),
            ("externalid", null) => KnownAs(value),
            ("members", null or "value") => ApplyToMembers(operation),
            ("id" or "meta" or "schemas", _) when operation.IsNamed => ScimFaults.ReadOnly(operation.Path.Attribute),
            _ => this,
        };
    }

    private Result<GroupWish> ApplyToMembers(ScimPatchOperation operation)
    {
        var selected = SelectedBy(operation.Path.Selector);
        if (!selected.TryGet(out var one, out var fault)) return fault;
        if (operation.Kind is ScimPatchKind.Remove)
        {
            if (one is not null) return Without([one.Value]);
            if (operation.Value.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null) return this with { Members = [] };
            // Who is no user here is in no group either.
            return Without(
                TextsOf(operation.Value).Select(static text => UserId.TryParse(text, null, out var id) ? id : default));
        }

        if (one is not null) return ScimFaults.BadPath;
        if (!IdsOf(operation.Value).TryGet(out var ids, out fault)) return fault;
        return this with { Members = operation.Kind is ScimPatchKind.Add ? Members.Union(ids) : [.. ids] };
    }

    private Result<GroupWish> Without(IEnumerable<UserId> ids) => this with { Members = Members.Except(ids) };

    private Result<GroupWish> Named(JsonElement? value)
    {
        if (!ScimJson.Text(value, "displayName", LengthMax).TryGet(out var name, out var fault)) return fault;
        return name is null || name.Any(char.IsControl)
            ? ScimFaults.BadValue($"displayName is the name of the group, of 1 to {LengthMax} characters.")
            : this with { DisplayName = name };
    }

    private Result<GroupWish> KnownAs(JsonElement value) =>
        ScimJson.Text(value, "externalId", LengthMax).TryGet(out var id, out var fault) ? this with { ExternalId = id } : fault;

    /// <summary>Whom a path means, <c>members[value eq "usr_…"]</c>; null if it means all of them.</summary>
    private static Result<UserId?> SelectedBy(ScimCondition? selector) => selector switch
    {
        null => new UserId?(),
        { Path: { Attribute: "value", Part: null, Selector: null }, Text: { } text } =>
            UserId.TryParse(text, null, out var id) ? new UserId?(id) : new UserId?(default(UserId)),
        _ => ScimFaults.BadPath,
    };

    private static Result<IReadOnlyList<UserId>> IdsOf(JsonElement value)
    {
        if (value.ValueKind is JsonValueKind.Null) return new List<UserId>();
        if (value.ValueKind is not (JsonValueKind.Array or JsonValueKind.Object or JsonValueKind.String))
            return ScimFaults.BadValue("members is a list of {\"value\": \"usr_…\"}.");
        var ids = new List<UserId>();
        foreach (var text in TextsOf(value))
        {
            if (!UserId.TryParse(text, null, out var id)) return ScimFaults.UnknownMember(text);
            ids.Add(id);
        }

        return ids;
    }

    /// <summary>The ids in a list of members, in one member, or as they are; what has none counts as an empty one.</summary>
    private static IEnumerable<string> TextsOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Array => value.EnumerateArray().SelectMany(TextsOf),
        JsonValueKind.String => [value.GetString()!],
        _ => [value.Member("value") is { ValueKind: JsonValueKind.String } id ? id.GetString()! : ""],
    };
}
