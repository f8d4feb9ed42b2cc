using CodexOS.Platform.Faults;
using CodexOS.Platform.Ids;

namespace CodexOS.Trust.Contracts;

/// <summary>
/// What a module knows of persons in the present tenant. Every module that keeps something about persons has one: what it
/// reads goes into their export, and what it erases is gone.
/// </summary>
public interface ISubjectData
{
    /// <summary>The module's word, for instance <c>identity</c>: lower case, one of a kind.</summary>
    string Name { get; }

    /// <summary>The documents of the module, each with all that it knows of a person.</summary>
    IReadOnlyList<SubjectDocument> Documents { get; }

    /// <summary>What keeps a person from being erased at present, or null. It changes nothing.</summary>
    Task<Fault?> RefusalAsync(DataSubject subject, ErasureWish wish, CancellationToken cancellationToken) =>
        Task.FromResult<Fault?>(null);

    /// <summary>
    /// Erases what the module knows of a person and is not sealed under their key. It can be done again, and then finds less
    /// to do or nothing.
    /// </summary>
    Task<Result<SubjectErasure>> EraseAsync(DataSubject subject, ErasureWish wish, CancellationToken cancellationToken);
}

/// <summary>A person whose data is asked for.</summary>
/// <param name="Id">Their id.</param>
/// <param name="Email">Their address; null where the account is out of the tenant's reach.</param>
/// <param name="DisplayName">Their name; null where the account is out of the tenant's reach.</param>
public sealed record DataSubject(UserId Id, string? Email, string? DisplayName);

/// <summary>A document of an export: a list of things of one type.</summary>
/// <param name="Name">Its name, lower case with hyphens.</param>
/// <param name="Summary">What is in it, in a sentence.</param>
/// <param name="ItemType">The type of its things, of which its schema is made.</param>
/// <param name="ReadAsync">Reads them, one after the other.</param>
public sealed record SubjectDocument(
    string Name, string Summary, Type ItemType, Func<DataSubject, CancellationToken, IAsyncEnumerable<object>> ReadAsync)
{
    /// <summary>A document whose things are of a type.</summary>
    public static SubjectDocument Of<T>(
        string name, string summary, Func<DataSubject, CancellationToken, IAsyncEnumerable<T>> readAsync)
        where T : class => new(name, summary, typeof(T), readAsync);
}

/// <summary>What whoever asks for an erasure decides.</summary>
/// <param name="DeleteRuns">Whether the runs that the person started are deleted with all their events.</param>
/// <param name="By">Who asked.</param>
public sealed record ErasureWish(bool DeleteRuns, UserId By);

/// <summary>What a module did about a person.</summary>
/// <param name="Erased">How many of what were erased or replaced.</param>
/// <param name="Kept">What was kept, with the reason for it.</param>
public sealed record SubjectErasure(IReadOnlyDictionary<string, long> Erased, IReadOnlyList<KeptData> Kept)
{
    /// <summary>Nothing was erased.</summary>
    public static SubjectErasure Keeps(string what, string why) =>
        new(new Dictionary<string, long>(StringComparer.Ordinal), [new KeptData(what, why)]);
}

/// <summary>Something that an erasure left.</summary>
/// <param name="What">What.</param>
/// <param name="Why">Why, in a sentence.</param>
public sealed record KeptData(string What, string Why);

/// <summary>Knows persons.</summary>
public interface ISubjectDirectory
{
    /// <summary>A member of the present tenant; null if there is none of that id.</summary>
    Task<DataSubject?> FindAsync(UserId id, CancellationToken cancellationToken);

    /// <summary>All tenants of the installation, whichever one the code works for.</summary>
    Task<IReadOnlyList<TenantId>> TenantsAsync(CancellationToken cancellationToken);
}
