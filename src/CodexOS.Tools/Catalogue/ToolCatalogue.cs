using System.Collections.Frozen;
using CodexOS.Tools.Contracts;

namespace CodexOS.Tools.Catalogue;

/// <summary>
/// The tools of this installation, the same for all tenants. Made when the server starts, so that a bad contract stops
/// the start.
/// </summary>
internal sealed class ToolCatalogue : IToolSet
{
    private readonly FrozenDictionary<string, ToolEntry> _entries;

    /// <summary>Checks every contract and compiles its schema.</summary>
    /// <exception cref="InvalidOperationException">Two tools share a name, or a contract is malformed.</exception>
    public ToolCatalogue(IEnumerable<ITool> tools)
    {
        var entries = new Dictionary<string, ToolEntry>(StringComparer.Ordinal);
        foreach (var tool in tools)
        {
            var entry = ToolEntry.Of(tool);
            if (!entries.TryAdd(entry.Contract.Name, entry))
                throw new InvalidOperationException($"Two tools are called {entry.Contract.Name}; rename one of them.");
        }

        _entries = entries.ToFrozenDictionary(StringComparer.Ordinal);
        All = [.. entries.OrderBy(static it => it.Key, StringComparer.Ordinal).Select(static it => it.Value.Contract)];
    }

    /// <inheritdoc />
    public IReadOnlyList<ToolContract> All { get; }

    /// <inheritdoc />
    public ToolContract? Find(string name) => FindEntry(name)?.Contract;

    /// <summary>A tool with all that is needed to judge and to call it, or null.</summary>
    /// <param name="name">The tool.</param>
    /// <param name="resolved">The tool of the tenant that was looked up for a call of this name, if one was.</param>
    public ToolEntry? FindEntry(string name, object? resolved = null) =>
        _entries.GetValueOrDefault(name) ?? (resolved is ToolEntry found && found.Contract.Name == name ? found : null);
}
