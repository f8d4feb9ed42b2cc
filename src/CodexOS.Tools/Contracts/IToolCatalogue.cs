namespace CodexOS.Tools.Contracts;

/// <summary>The tools of this installation, by name.</summary>
public interface IToolCatalogue
{
    /// <summary>All of them, by name.</summary>
    IReadOnlyList<ToolContract> All { get; }

    /// <summary>One of them, or null.</summary>
    ToolContract? Find(string name);
}
