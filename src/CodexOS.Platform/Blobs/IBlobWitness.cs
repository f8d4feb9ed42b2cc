namespace CodexOS.Platform.Blobs;

/// <summary>
/// Says for a module which blobs its rows name. A module that writes blobs has one: what no module names belongs to nobody and
/// is removed after a while.
/// </summary>
public interface IBlobWitness
{
    /// <summary>The module's word, for the log.</summary>
    string Name { get; }

    /// <summary>
    /// Those of some blobs of the present tenant that a row of the module names. A row that moves from one table to another is
    /// looked for where it comes from first.
    /// </summary>
    Task<IReadOnlyCollection<string>> NamedAsync(IReadOnlyList<string> hashes, CancellationToken cancellationToken);
}
