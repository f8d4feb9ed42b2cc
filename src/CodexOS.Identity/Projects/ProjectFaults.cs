using CodexOS.Platform.Faults;
using CodexOS.Platform.Tenancy;

namespace CodexOS.Identity.Projects;

/// <summary>What is said when something about a project cannot be done as asked.</summary>
internal static class ProjectFaults
{
    public static Fault NoOwner { get; } = new(
        "identity.project_owner",
        FaultKind.Invalid,
        "Nobody is the owner of a project; owners of the tenant reach it anyway. Give another role.");

    public static Fault BeyondOwn { get; } = new(
        "identity.beyond_own",
        FaultKind.NotAllowed,
        "That role may do more with the project's things than you may. Ask somebody who holds all of it there.");

    public static Fault MemberNotFound { get; } = new(
        "identity.project_member_not_found", FaultKind.NotFound, "They do not belong to the project.");

    public static Fault BadThing { get; } = new(
        "identity.bad_resource",
        FaultKind.Invalid,
        "This names no thing that lies in projects. Write kind:name; the kinds are "
        + $"{string.Join(", ", ResourceKinds.All.Where(static kind => kind != ResourceKinds.Project))}.");

    public static Fault NotFound(string name) => new(
        "identity.project_not_found",
        FaultKind.NotFound,
        $"There is no project '{name}'. GET /api/v1/projects lists those that you may see.");

    public static Fault Exists(string name) => new(
        "identity.project_exists", FaultKind.Conflict, $"There is a project '{name}' already.");

    public static Fault ThingNotFound(Resource thing) => new(
        "identity.thing_not_found", FaultKind.NotFound, $"There is no {thing} in your tenant.");

    public static Fault ThingNotIn(Resource thing) => new(
        "identity.thing_not_in_project", FaultKind.NotFound, $"{thing} does not lie in the project.");

    public static Fault NotYours(Resource thing, IEnumerable<string> missing) => new(
        "identity.beyond_own",
        FaultKind.NotAllowed,
        $"Who puts {thing} into a project lets its members have what can be granted on it, and you do not hold all of that: "
        + $"{string.Join(", ", missing)}.");

    public static Fault Elsewhere(Resource thing) => new(
        "identity.thing_in_project",
        FaultKind.Conflict,
        $"{thing} lies in another project. Somebody who may change that one has to take it out first.");

    public static Fault WasThere(string project, Resource thing) => new(
        "identity.thing_was_there",
        FaultKind.Conflict,
        $"{thing} is there already, and not in the project '{project}', so nothing was done. "
        + $"PUT /api/v1/projects/{project}/things/{thing} puts it there.");

    public static Fault Outside(string project, Resource thing, Fault why) => new(
        "identity.not_in_project",
        FaultKind.Conflict,
        $"{thing} was made, but it does not lie in the project '{project}': {why.Message}");

    public static Fault TooManyProjects(int max) => new(
        "identity.too_many_projects", FaultKind.LimitReached,
        $"A tenant has at most {max} projects (Identity:ProjectsMax). Delete one that is not needed.");

    public static Fault TooManyMembers(int max) => new(
        "identity.too_many_project_members", FaultKind.LimitReached,
        $"A project has at most {max} members (Identity:ProjectMembersMax). Take somebody out first.");

    public static Fault TooManyThings(int max) => new(
        "identity.too_many_project_things", FaultKind.LimitReached,
        $"A project has at most {max} things (Identity:ProjectThingsMax). Take something out first, or make another project.");

    public static Fault InTooMany(int max) => new(
        "identity.in_too_many_projects", FaultKind.LimitReached,
        $"One subject belongs to at most {max} projects (Identity:ProjectsPerSubjectMax). Take them out of another one first.");
}
