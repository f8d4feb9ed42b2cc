using System.Text.Json;
using CodexOS.Platform.Faults;

namespace CodexOS.Identity.Scim.Protocol;

/// <summary>What an operation of a PATCH does.</summary>
internal enum ScimPatchKind
{
    Add,
    Replace,
    Remove,
}

/// <summary>One change that a PATCH asks for.</summary>
/// <param name="Kind">What it does.</param>
/// <param name="Path">To what.</param>
/// <param name="Value">The value; undefined where a removal names none.</param>
/// <param name="IsNamed">Whether the operation names the path itself; else the path is a member of its value.</param>
internal sealed record ScimPatchOperation(ScimPatchKind Kind, ScimPath Path, JsonElement Value, bool IsNamed);

/// <summary>
/// Reads what a PATCH asks for (RFC 7644, section 3.5.2). Microsoft Entra ID writes the operations with a capital and puts paths
/// into values, <c>{"name.givenName": "Ada"}</c>; both are understood.
/// </summary>
internal static class ScimPatch
{
    public static Result<IReadOnlyList<ScimPatchOperation>> Parse(JsonElement body, int operationsMax)
    {
        if (body.Member("operations") is not { ValueKind: JsonValueKind.Array } listed || listed.GetArrayLength() == 0)
            return ScimFaults.BadSyntax("A PATCH has Operations, a list of what to do.");
        if (listed.GetArrayLength() > operationsMax)
            return ScimFaults.TooLarge($"A PATCH has at most {operationsMax} operations. Send several.");
        var operations = new List<ScimPatchOperation>();
        foreach (var operation in listed.EnumerateArray())
        {
            if (Read(operation, operations) is { } fault) return fault;
            if (operations.Count > operationsMax)
                return ScimFaults.TooLarge($"A PATCH changes at most {operationsMax} attributes. Send several.");
        }

        return operations;
    }

    private static Fault? Read(JsonElement operation, List<ScimPatchOperation> operations)
    {
        if (KindOf(operation.Member("op")) is not { } kind) return ScimFaults.BadSyntax("op is add, replace or remove.");
        var value = operation.Member("value") ?? default;
        if (operation.Member("path") is { ValueKind: not JsonValueKind.Null } path)
        {
            if (path.ValueKind is not JsonValueKind.String || !ScimPath.TryParse(path.GetString()!, out var parsed))
                return ScimFaults.BadPath;
            if (kind is not ScimPatchKind.Remove && value.ValueKind is JsonValueKind.Undefined)
                return ScimFaults.BadValue("An operation that adds or replaces has a value.");
            operations.Add(new ScimPatchOperation(kind, parsed, value, IsNamed: true));
            return null;
        }

        if (kind is ScimPatchKind.Remove) return ScimFaults.NoTarget;
        if (value.ValueKind is not JsonValueKind.Object)
            return ScimFaults.BadValue("An operation without a path has an object as its value.");
        foreach (var member in value.EnumerateObject())
        {
            if (!ScimPath.TryParse(member.Name, out var parsed)) return ScimFaults.BadPath;
            operations.Add(new ScimPatchOperation(kind, parsed, member.Value, IsNamed: false));
        }

        return null;
    }

    private static ScimPatchKind? KindOf(JsonElement? op) =>
        op is { ValueKind: JsonValueKind.String } word
            ? word.GetString()!.ToLowerInvariant() switch
            {
                "add" => ScimPatchKind.Add,
                "replace" => ScimPatchKind.Replace,
                "remove" => ScimPatchKind.Remove,
                _ => null,
            }
            : null;
}
