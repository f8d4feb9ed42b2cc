using CodexOS.Platform.Ids;

namespace CodexOS.Trust.Contracts;

/// <summary>
/// A place outside of the database that keeps copies of checkpoints. The log is only as safe against whoever owns the
/// database as one such place is safe from them: at best it takes additions and no changes.
/// </summary>
public interface ICheckpointSink
{
    /// <summary>The name of the place, for findings and log lines.</summary>
    string Name { get; }

    /// <summary>Keeps a copy. The same checkpoint may come again; it must not replace another one of the same size.</summary>
    /// <exception cref="IOException">The place does not answer, or has another checkpoint of that size. The copy is tried
    /// again with the next checkpoint.</exception>
    Task PublishAsync(PublishedCheckpoint checkpoint, CancellationToken cancellationToken);

    /// <summary>All copies of a log's checkpoints.</summary>
    /// <exception cref="IOException">The place does not answer.</exception>
    IAsyncEnumerable<PublishedCheckpoint> ReadAsync(TenantId log, CancellationToken cancellationToken);
}

/// <summary>A checkpoint as it is kept outside of the database.</summary>
/// <param name="Log">Whose log: a tenant, or the installation, which has an id of ones only.</param>
/// <param name="Size">How many entries the log had.</param>
/// <param name="Note">The signed note, in the form of C2SP tlog-checkpoint.</param>
public sealed record PublishedCheckpoint(TenantId Log, long Size, string Note);
