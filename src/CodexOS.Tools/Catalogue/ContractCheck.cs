using CodexOS.Runs.Contracts;
using CodexOS.Tools.Contracts;

namespace CodexOS.Tools.Catalogue;

/// <summary>Refuses contracts that contradict themselves: the gate judges by them, so a mistake there would be a hole.</summary>
internal static class ContractCheck
{
    /// <summary>Checks what the gate relies on beside the schema.</summary>
    /// <exception cref="InvalidOperationException">The contract is malformed.</exception>
    public static void Check(ToolContract contract)
    {
        if (WhatIsWrong(contract) is { } wrong)
            throw new InvalidOperationException($"The contract of the tool {contract.Name} is malformed: {wrong}.");
    }

    private static string? WhatIsWrong(ToolContract contract)
    {
        if (contract.OutputReaders is null) return "it does not say who may read its output";
        if (contract.Arguments.IsDefault) return "what its arguments mean is missing; an empty list says that they mean nothing";
        if (contract.Source >= Integrity.User) return "only people write as the user, and only CodexOS as the system";
        if (contract is { Repeat: RepeatClass.Read, Effect: not EffectClass.Read })
            return "what changes something cannot be repeated as a read";
        if (contract.TimeMax <= TimeSpan.Zero || contract.TextLengthMax < 1 || contract.EgressBytesMax < 0)
            return "a limit is below its least value";
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (argument, role) in contract.Arguments)
        {
            if (!Has(contract, argument)) return $"there is no argument '{argument}' to have a meaning";
            if (!seen.Add(argument)) return $"'{argument}' has two meanings";
            if (role is ArgumentRole.Recipient or ArgumentRole.Destination && !contract.IsOutgoing)
                return $"'{argument}' names a receiver, and the tool says that nothing goes out";
        }

        if (contract.Store is not { } store) return null;
        if (store.Access is not StoreAccess.Read && contract.Effect is EffectClass.Read) return "what only reads keeps nothing";
        if (store.Name.Length is 0 or > 64) return "a store's name has 1 to 64 characters";
        return store.KeyArgument is { } key && !Has(contract, key) ? $"there is no argument '{key}' to name an entry" : null;
    }

    private static bool Has(ToolContract contract, string argument) =>
        contract.InputSchema.TryGetProperty("properties", out var properties) && properties.TryGetProperty(argument, out _);
}
