namespace CodexOS.Tools.Contracts;

/// <summary>The door to knowledge bases for modules that grant them to runs.</summary>
public interface IKnowledgeBases
{
    /// <summary>Those of the names that are bases of the present tenant.</summary>
    Task<IReadOnlySet<string>> KnownAsync(IReadOnlyCollection<string> names, CancellationToken cancellationToken);
}
