using CodexOS.Platform.Faults;
using CodexOS.Platform.Ids;

namespace CodexOS.Trust.Contracts;

/// <summary>
/// What a module can show to those who audit a tenant. A bundle of evidence is made of the documents of all modules, each a
/// list of things that are written down one to a line, as they are in the present tenant.
/// </summary>
public interface IEvidenceSource
{
    /// <summary>The documents of the module.</summary>
    IReadOnlyList<EvidenceDocument> Documents { get; }
}

/// <summary>A document of a bundle.</summary>
/// <param name="Name">Its name, lower case with hyphens, one of a kind.</param>
/// <param name="Summary">What is in it, in a sentence.</param>
/// <param name="OpenAsync">Opens it for reading; a fault where it cannot be read as a whole.</param>
public sealed record EvidenceDocument(
    string Name, string Summary, Func<EvidenceScope, CancellationToken, Task<Result<EvidenceItems>>> OpenAsync)
{
    /// <summary>A document that can always be read.</summary>
    public static EvidenceDocument Of<T>(
        string name, string summary, Func<EvidenceScope, CancellationToken, IAsyncEnumerable<T>> read)
        where T : class => new(
        name, summary,
        (scope, cancellationToken) => Task.FromResult<Result<EvidenceItems>>(new EvidenceItems(read(scope, cancellationToken))));
}

/// <summary>The things of a document, one after the other.</summary>
/// <param name="Items">Each becomes one line of JSON.</param>
public sealed record EvidenceItems(IAsyncEnumerable<object> Items);

/// <summary>What a bundle is about.</summary>
/// <param name="From">The beginning of the period.</param>
/// <param name="To">Its end, that instant excluded.</param>
/// <param name="Head">How far the audit log had come when the bundle was begun: all proofs lead there.</param>
/// <param name="By">Who asked for it.</param>
public sealed record EvidenceScope(DateTimeOffset From, DateTimeOffset To, AuditHead Head, UserId By);

/// <summary>How far a log has come, signed.</summary>
/// <param name="Origin">How the log is called in its checkpoints.</param>
/// <param name="VerifierKey">What its signatures are checked with.</param>
/// <param name="Size">How many entries it has.</param>
/// <param name="Checkpoint">The signed note with the root of that size.</param>
public sealed record AuditHead(string Origin, string VerifierKey, long Size, string Checkpoint);

/// <summary>Signs how far logs have come.</summary>
public interface IAuditHeads
{
    /// <summary>Has what is pending take its place in the present tenant's log, and signs it.</summary>
    Task<Result<AuditHead>> SignAsync(CancellationToken cancellationToken);
}
