using CodexOS.Tools.Contracts;
using CodexOS.Tools.Gate;

namespace CodexOS.Tools.Catalogue;

/// <summary>A tool with all that is needed to judge and to call it.</summary>
internal sealed record ToolEntry(ITool Tool, ToolContract Contract, ArgumentSchema Schema)
{
    /// <summary>What a pin of the tool must be, where it is pinned.</summary>
    public string? DefinitionHash { get; } = Contract.IsPinned ? Contract.DefinitionHash() : null;

    /// <summary>What its data must fit, where the contract says so.</summary>
    public ArgumentSchema? Output { get; } = ArgumentSchema.CompileOutput(Contract);

    /// <summary>Checks a contract and compiles its schemas.</summary>
    /// <exception cref="InvalidOperationException">The contract is malformed.</exception>
    public static ToolEntry Of(ITool tool)
    {
        var contract = tool.Contract;
        if (!ToolNames.IsName(contract.Name))
        {
            throw new InvalidOperationException(
                $"'{contract.Name}' cannot name a tool: use 1 to 64 lowercase letters, digits and underscores.");
        }

        ContractCheck.Check(contract);
        return new ToolEntry(tool, contract, ArgumentSchema.Compile(contract));
    }
}
