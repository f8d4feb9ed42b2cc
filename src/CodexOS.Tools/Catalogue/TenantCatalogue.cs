using CodexOS.Tools.Contracts;

namespace CodexOS.Tools.Catalogue;

/// <summary>Tools that tenants add while the server runs, each seen by its tenant alone.</summary>
internal interface IConnectedTools
{
    /// <summary>All tools of the present tenant's connections.</summary>
    ValueTask<IReadOnlyList<ToolEntry>> AllAsync(CancellationToken cancellationToken);

    /// <summary>One of them, or null.</summary>
    ValueTask<ToolEntry?> FindAsync(string name, CancellationToken cancellationToken);
}

/// <summary>The tools of the installation and those of the present tenant, in one list.</summary>
internal sealed class TenantCatalogue(ToolCatalogue own, IConnectedTools connected) : IToolCatalogue
{
    /// <inheritdoc />
    public async ValueTask<IToolSet> ReadAsync(CancellationToken cancellationToken)
    {
        var added = await connected.AllAsync(cancellationToken);
        return added.Count == 0 ? own : new Both(own, added);
    }

    private sealed class Both(ToolCatalogue own, IReadOnlyList<ToolEntry> added) : IToolSet
    {
        private readonly Dictionary<string, ToolContract> _added = added
            .Select(static entry => entry.Contract)
            .Where(contract => own.Find(contract.Name) is null)
            .ToDictionary(static contract => contract.Name, StringComparer.Ordinal);

        public IReadOnlyList<ToolContract> All => field ??=
            [.. own.All.Concat(_added.Values).OrderBy(static tool => tool.Name, StringComparer.Ordinal)];

        public ToolContract? Find(string name) => own.Find(name) ?? _added.GetValueOrDefault(name);
    }
}
