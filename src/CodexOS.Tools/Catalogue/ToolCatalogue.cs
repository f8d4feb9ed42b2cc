using System.Collections.Frozen;
using System.Text.RegularExpressions;
using CodexOS.Tools.Contracts;
using CodexOS.Tools.Gate;

namespace CodexOS.Tools.Catalogue;

/// <summary>The registered tools. Made when the server starts, so that a bad contract stops the start.</summary>
internal sealed partial class ToolCatalogue : IToolCatalogue
{
    private readonly FrozenDictionary<string, Entry> _entries;

    /// <summary>Checks every contract and compiles its schema.</summary>
    /// <exception cref="InvalidOperationException">Two tools share a name, or a contract is malformed.</exception>
    public ToolCatalogue(IEnumerable<ITool> tools)
    {
        var entries = new Dictionary<string, Entry>(StringComparer.Ordinal);
        foreach (var tool in tools)
        {
            var contract = tool.Contract;
            if (!Name().IsMatch(contract.Name))
            {
                throw new InvalidOperationException(
                    $"'{contract.Name}' cannot name a tool: use 1 to 64 lowercase letters, digits and underscores.");
            }

            ContractCheck.Check(contract);
            if (!entries.TryAdd(contract.Name, new Entry(tool, contract, ArgumentSchema.Compile(contract))))
                throw new InvalidOperationException($"Two tools are called {contract.Name}; rename one of them.");
        }

        _entries = entries.ToFrozenDictionary(StringComparer.Ordinal);
        All = [.. entries.OrderBy(static it => it.Key, StringComparer.Ordinal).Select(static it => it.Value.Contract)];
    }

    /// <inheritdoc />
    public IReadOnlyList<ToolContract> All { get; }

    /// <inheritdoc />
    public ToolContract? Find(string name) => FindEntry(name)?.Contract;

    /// <summary>A tool with all that is needed to judge and to call it, or null.</summary>
    public Entry? FindEntry(string name) => _entries.GetValueOrDefault(name);

    [GeneratedRegex("^[a-z][a-z0-9_]{0,63}$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Name();

    /// <summary>A registered tool.</summary>
    internal sealed record Entry(ITool Tool, ToolContract Contract, ArgumentSchema Schema)
    {
        /// <summary>What a pin of the tool must be, where it is pinned.</summary>
        public string? DefinitionHash { get; } = Contract.IsPinned ? Contract.DefinitionHash() : null;

        /// <summary>What its data must fit, where the contract says so.</summary>
        public ArgumentSchema? Output { get; } = ArgumentSchema.CompileOutput(Contract);
    }
}
