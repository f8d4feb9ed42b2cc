using CodexOS.Platform.Faults;

namespace CodexOS.Platform.Tenancy;

/// <summary>What modules tell whoever keeps projects, and ask it, about the things that they make and delete.</summary>
public interface IProjects
{
    /// <summary>Why a caller cannot make a thing in a project; null if nothing speaks against it.</summary>
    /// <param name="project">The project, by name.</param>
    /// <param name="permission">What making such things needs.</param>
    /// <param name="caller">Who wants to.</param>
    /// <param name="cancellationToken">Stops the look.</param>
    Task<Fault?> WhyNotAsync(string project, string permission, Caller caller, CancellationToken cancellationToken);

    /// <summary>Why a thing that is there cannot be made anew in a project; null if it lies in it.</summary>
    /// <param name="project">The project, by name.</param>
    /// <param name="thing">What is there.</param>
    /// <param name="cancellationToken">Stops the look.</param>
    Task<Fault?> WhyNotAnewAsync(string project, Resource thing, CancellationToken cancellationToken);

    /// <summary>Puts what was just made into a project.</summary>
    /// <param name="project">The project, by name.</param>
    /// <param name="thing">What was made, and was not there before.</param>
    /// <param name="by">Who made it.</param>
    /// <param name="cancellationToken">Stops the attempt.</param>
    /// <returns>Why it does not lie there; null if it does.</returns>
    Task<Fault?> PutMadeAsync(string project, Resource thing, Caller by, CancellationToken cancellationToken);

    /// <summary>
    /// A thing is about to be made whose name was free. Whatever had that name before is gone, and the new thing must not fall
    /// into its project.
    /// </summary>
    Task FreeAsync(Resource thing, CancellationToken cancellationToken);

    /// <summary>
    /// A thing was deleted: it leaves its project, and what was granted on it ends, so that neither is its successor's.
    /// </summary>
    Task GoneAsync(Resource thing, CancellationToken cancellationToken);
}

/// <summary>Things of one kind that can lie in projects, as the module that owns them knows them.</summary>
public interface IProjectThings
{
    /// <summary>Their kind, of <see cref="ResourceKinds"/>.</summary>
    string Kind { get; }

    /// <summary>Whether the present tenant has one that the API names so.</summary>
    Task<bool> ExistsAsync(string name, CancellationToken cancellationToken);
}
