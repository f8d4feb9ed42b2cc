using System.Text.Json;
using CodexOS.Tools.Contracts;

namespace CodexOS.Tools.Labels;

/// <summary>What a call's labels come to.</summary>
internal static class ToolLabels
{
    private const long HarmlessNumberMax = 10_000;

    /// <summary>
    /// The label of what a call is given: an output may repeat it, and a store keeps it. Yes, no and small numbers carry
    /// nothing; arguments that the contract calls free count all the same, because a tool can repeat them.
    /// </summary>
    public static Label OfArguments(ToolContract contract, JsonElement arguments, CallContext context)
    {
        var provenance = new Provenance(context);
        var label = Label.System;
        if (arguments.ValueKind is not JsonValueKind.Object) return Label.Unknown;
        foreach (var argument in arguments.EnumerateObject())
        {
            if (IsHarmless(argument.Value)) continue;
            label = label.Join(new Label(
                provenance.IntegrityOf(argument.Value), provenance.ReadersOf(argument.Value))
            {
                IsEcho = provenance.IsComposed(argument.Value),
            });
        }

        // What a program in a sandbox does is written by the model, and may hold more than its words.
        return contract.NeedsSandbox && label.Integrity < Integrity.System ? label.Join(context.Label) : label;
    }

    /// <summary>The label of an output.</summary>
    public static Label OfOutput(ToolContract contract, Label arguments, Label? given, Label kept)
    {
        var label = new Label(contract.Source, contract.OutputReaders).Join(arguments).Join(kept);
        if (given is null) return label;
        return label.Join(given) with { IsClosed = given.IsClosed };
    }

    /// <summary>The entry of a store that a call touches.</summary>
    public static StoredEntry EntryOf(ToolStore store, ToolCall call)
    {
        var name = store.Name == ToolStore.Workspace && call.Workspace is { } workspace ? StoreOf(workspace) : store.Name;
        if (store.KeyArgument is not { } argument) return new StoredEntry(name, "");
        return call.Arguments.TryGetProperty(argument, out var key)
            && CanonicalJson.Write(key).TryGet(out var canonical, out _)
                ? new StoredEntry(name, CanonicalJson.Hash(canonical))
                : new StoredEntry(name, "");
    }

    /// <summary>The store of a workspace's files.</summary>
    public static string StoreOf(WorkspaceId workspace) => $"{ToolStore.Workspace}:{workspace}";

    private static bool IsHarmless(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.True or JsonValueKind.False or JsonValueKind.Null => true,
        JsonValueKind.Number => value.TryGetInt64(out var number) && Math.Abs(number) <= HarmlessNumberMax,
        _ => false,
    };
}
