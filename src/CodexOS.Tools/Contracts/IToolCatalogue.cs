namespace CodexOS.Tools.Contracts;

/// <summary>The tools that a tenant has: those of this installation, and those of the tenant's connections.</summary>
public interface IToolCatalogue
{
    /// <summary>The tools of the present tenant, as they are now.</summary>
    ValueTask<IToolSet> ReadAsync(CancellationToken cancellationToken);
}

/// <summary>Tools, by name.</summary>
public interface IToolSet
{
    /// <summary>All of them, by name.</summary>
    IReadOnlyList<ToolContract> All { get; }

    /// <summary>One of them, or null.</summary>
    ToolContract? Find(string name);
}
