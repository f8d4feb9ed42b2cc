using CodexOS.Client.Http;

namespace CodexOS.Client.Contracts;

public sealed partial class CodexOSClient
{
    private const string Projects = "api/v1/projects";

    /// <summary>All projects that one may see, by name.</summary>
    public IAsyncEnumerable<Project> ListAllProjectsAsync(CancellationToken cancellationToken) => PagesAsync(
        (cursor, token) => _transport.SendAsync(PageOf(Projects, cursor), WireJson.Default.ProjectPage, token),
        cancellationToken);

    /// <summary>One project.</summary>
    public Task<Project> GetProjectAsync(string name, CancellationToken cancellationToken) => _transport.SendAsync(
        ApiCall.Get(PathOf(name)), WireJson.Default.Project, cancellationToken);

    /// <summary>Makes a project without members and things.</summary>
    public Task<Project> CreateProjectAsync(CreateProject request, CancellationToken cancellationToken) => _transport.SendAsync(
        ApiCall.Post(Projects) with { Body = () => JsonBody.Of(request, WireJson.Default.CreateProject) },
        WireJson.Default.Project,
        cancellationToken);

    /// <summary>Changes what a project is said to be about.</summary>
    public Task<Project> UpdateProjectAsync(string name, string title, CancellationToken cancellationToken) =>
        _transport.SendAsync(
            new ApiCall(HttpMethod.Patch, PathOf(name))
            {
                Body = () => JsonBody.Of(new UpdateProjectBody(title), WireJson.Default.UpdateProjectBody),
            },
            WireJson.Default.Project,
            cancellationToken);

    /// <summary>Deletes a project; its things stay.</summary>
    public Task DeleteProjectAsync(string name, CancellationToken cancellationToken) =>
        _transport.SendAsync(new ApiCall(HttpMethod.Delete, PathOf(name)), cancellationToken);

    /// <summary>All who belong to a project.</summary>
    public IAsyncEnumerable<ProjectMember> ListAllProjectMembersAsync(string name, CancellationToken cancellationToken) =>
        PagesAsync(
            (cursor, token) => _transport.SendAsync(
                PageOf($"{PathOf(name)}/members", cursor), WireJson.Default.ProjectMemberPage, token),
            cancellationToken);

    /// <summary>Lets somebody belong to a project, or gives them another role in it.</summary>
    /// <param name="name">The project.</param>
    /// <param name="subject">A member of the tenant or a service account, by id.</param>
    /// <param name="role">Their role in the project.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public Task<ProjectMember> SetProjectMemberAsync(
        string name, string subject, string role, CancellationToken cancellationToken) => _transport.SendAsync(
        new ApiCall(HttpMethod.Put, $"{PathOf(name)}/members/{Query.Segment(subject)}")
        {
            IsRepeatable = true,
            Body = () => JsonBody.Of(new SetProjectMemberBody(role), WireJson.Default.SetProjectMemberBody),
        },
        WireJson.Default.ProjectMember,
        cancellationToken);

    /// <summary>Takes somebody out of a project.</summary>
    public Task RemoveProjectMemberAsync(string name, string subject, CancellationToken cancellationToken) =>
        _transport.SendAsync(
            new ApiCall(HttpMethod.Delete, $"{PathOf(name)}/members/{Query.Segment(subject)}"), cancellationToken);

    /// <summary>All that lies in a project, by kind and name.</summary>
    public IAsyncEnumerable<ProjectThing> ListAllProjectThingsAsync(string name, CancellationToken cancellationToken) =>
        PagesAsync(
            (cursor, token) => _transport.SendAsync(
                PageOf($"{PathOf(name)}/things", cursor), WireJson.Default.ProjectThingPage, token),
            cancellationToken);

    /// <summary>Puts a thing (<c>kind:name</c>) into a project; what lies there already is left there.</summary>
    public Task<ProjectThing> PutProjectThingAsync(string name, string thing, CancellationToken cancellationToken) =>
        _transport.SendAsync(
            new ApiCall(HttpMethod.Put, $"{PathOf(name)}/things/{Query.Segment(thing)}") { IsRepeatable = true },
            WireJson.Default.ProjectThing,
            cancellationToken);

    /// <summary>Takes a thing (<c>kind:name</c>) out of a project.</summary>
    public Task TakeProjectThingAsync(string name, string thing, CancellationToken cancellationToken) =>
        _transport.SendAsync(
            new ApiCall(HttpMethod.Delete, $"{PathOf(name)}/things/{Query.Segment(thing)}"), cancellationToken);

    private static string PathOf(string project) => $"{Projects}/{Query.Segment(project)}";

    /// <summary>An address at which something is made, in a project if one is named.</summary>
    private static string In(string path, string? project) => new Query(path).With("project", project).ToString();
}

/// <summary>The body that changes a project.</summary>
internal sealed record UpdateProjectBody(string Title);

/// <summary>The body that sets a role in a project.</summary>
internal sealed record SetProjectMemberBody(string Role);
