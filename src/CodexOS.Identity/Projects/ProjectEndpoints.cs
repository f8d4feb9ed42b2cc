using CodexOS.Identity.Access;
using CodexOS.Platform.Http;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Tenancy;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace CodexOS.Identity.Projects;

/// <summary>Projects, their members and their things over HTTP.</summary>
internal static class ProjectEndpoints
{
    private const int BodyBytesMax = 8 * 1024;
    private const string Read = "projects:read";
    private const string Write = "projects:write";

    public static void Map(IEndpointRouteBuilder api)
    {
        var projects = api.MapGroup("/projects", "Projects", BodyBytesMax);
        projects.MapGet("", ListAsync).RequirePermissionSomewhere(Read)
            .WithName("ListProjects").WithSummary("The projects that you may see, by name.")
            .Produces<Page<Project>>()
            .ProducesProblem(StatusCodes.Status400BadRequest);
        projects.MapPost("", CreateAsync).RequirePermission(Write)
            .WithName("CreateProject").WithSummary("Makes a project without members and things.")
            .Produces<Project>(StatusCodes.Status201Created)
            .ProducesValidationProblem()
            .ProducesProblem(StatusCodes.Status409Conflict)
            .ProducesProblem(StatusCodes.Status413PayloadTooLarge)
            .ProducesProblem(StatusCodes.Status422UnprocessableEntity);
        projects.MapGet("/{project}", FindAsync).RequirePermission(Read, ResourceKinds.Project, "project")
            .WithName("GetProject").WithSummary("A project.")
            .Produces<Project>()
            .ProducesProblem(StatusCodes.Status404NotFound);
        projects.MapPatch("/{project}", UpdateAsync).RequirePermission(Write, ResourceKinds.Project, "project")
            .WithName("UpdateProject").WithSummary("Changes what a project is said to be about.")
            .Produces<Project>()
            .ProducesValidationProblem()
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status413PayloadTooLarge);
        projects.MapDelete("/{project}", DeleteAsync).RequirePermission(Write, ResourceKinds.Project, "project")
            .WithName("DeleteProject")
            .WithSummary("Deletes a project. Its things stay; its members lose what they could do with them through it.")
            .Produces(StatusCodes.Status204NoContent)
            .ProducesProblem(StatusCodes.Status404NotFound);
        MapMembers(projects);
        MapThings(projects);
    }

    private static void MapMembers(RouteGroupBuilder projects)
    {
        projects.MapGet("/{project}/members", ListMembersAsync).RequirePermission(Read, ResourceKinds.Project, "project")
            .WithName("ListProjectMembers").WithSummary("Who belongs to a project, with their roles in it.")
            .Produces<Page<ProjectMember>>()
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .ProducesProblem(StatusCodes.Status404NotFound);
        projects.MapPut("/{project}/members/{subject}", SetMemberAsync)
            .RequirePermission(Write, ResourceKinds.Project, "project")
            .WithName("SetProjectMember")
            .WithSummary(
                "Lets a member of the tenant or a service account belong to a project, or gives them another role in it, which "
                + "may do no more there than you. It counts from their next request on.")
            .Produces<ProjectMember>().Produces<ProjectMember>(StatusCodes.Status201Created)
            .ProducesValidationProblem()
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status413PayloadTooLarge)
            .ProducesProblem(StatusCodes.Status422UnprocessableEntity);
        projects.MapDelete("/{project}/members/{subject}", RemoveMemberAsync)
            .RequirePermission(Write, ResourceKinds.Project, "project")
            .WithName("RemoveProjectMember")
            .WithSummary("Takes somebody out of a project; it counts from their next request on.")
            .Produces(StatusCodes.Status204NoContent)
            .ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static void MapThings(RouteGroupBuilder projects)
    {
        projects.MapGet("/{project}/things", ListThingsAsync).RequirePermission(Read, ResourceKinds.Project, "project")
            .WithName("ListProjectThings").WithSummary("What lies in a project, by kind and name.")
            .Produces<Page<ProjectThing>>()
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .ProducesProblem(StatusCodes.Status404NotFound);
        projects.MapPut("/{project}/things/{thing}", PutThingAsync)
            .RequirePermission(Write, ResourceKinds.Project, "project")
            .WithName("PutProjectThing")
            .WithSummary(
                "Puts a thing (kind:name) into a project; it can lie in one. You must hold all that can be granted on it.")
            .Produces<ProjectThing>().Produces<ProjectThing>(StatusCodes.Status201Created)
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status409Conflict)
            .ProducesProblem(StatusCodes.Status422UnprocessableEntity);
        projects.MapDelete("/{project}/things/{thing}", TakeThingAsync)
            .RequirePermission(Write, ResourceKinds.Project, "project")
            .WithName("TakeProjectThing").WithSummary("Takes a thing (kind:name) out of a project. The thing itself stays.")
            .Produces(StatusCodes.Status204NoContent)
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static async Task<IResult> ListAsync(
        Caller caller, ProjectStore store, CancellationToken cancellationToken, int? limit = null, string? cursor = null)
    {
        if (!PageRequest.Read(limit, cursor).TryGet(out var page, out var fault)) return fault.Problem();
        var rows = await store.ListAsync(caller, page.After, page.Limit + 1, cancellationToken);
        return TypedResults.Ok(page.PageOf(rows, static row => row.Name));
    }

    private static async Task<IResult> CreateAsync(
        CreateProjectRequest request, Actor actor, ProjectStore store, CancellationToken cancellationToken) =>
        (await store.CreateAsync(request, actor, cancellationToken)).ToCreated(static made => $"/api/v1/projects/{made.Name}");

    private static async Task<IResult> FindAsync(string project, ProjectStore store, CancellationToken cancellationToken) =>
        (await store.FindAsync(project, cancellationToken)).ToOk();

    private static async Task<IResult> UpdateAsync(
        string project, UpdateProjectRequest request, ProjectStore store, CancellationToken cancellationToken) =>
        (await store.UpdateAsync(project, request, cancellationToken)).ToOk();

    private static async Task<IResult> DeleteAsync(string project, ProjectStore store, CancellationToken cancellationToken) =>
        (await store.DeleteAsync(project, cancellationToken)).ToNoContent();

    private static async Task<IResult> ListMembersAsync(
        string project, ProjectMemberStore store, CancellationToken cancellationToken, int? limit = null,
        string? cursor = null)
    {
        if (!PageRequest.Read(limit, cursor).TryGet(out var page, out var fault)) return fault.Problem();
        if (!page.KeyAfter<UserId>().TryGet(out var after, out fault)) return fault.Problem();
        return (await store.ListAsync(project, after, page.Limit + 1, cancellationToken)).TryGet(out var rows, out fault)
            ? TypedResults.Ok(page.PageOf(rows, static row => row.Subject.ToString()))
            : fault.Problem();
    }

    private static async Task<IResult> SetMemberAsync(
        string project, string subject, SetProjectMemberRequest request, Actor actor, ProjectMemberStore store,
        CancellationToken cancellationToken)
    {
        if (!(await store.SetAsync(project, subject, request, actor, cancellationToken)).TryGet(out var set, out var fault))
            return fault.Problem();
        return set.IsNew
            ? TypedResults.Created($"/api/v1/projects/{project}/members/{set.Member.Subject}", set.Member)
            : TypedResults.Ok(set.Member);
    }

    private static async Task<IResult> RemoveMemberAsync(
        string project, string subject, Actor actor, ProjectMemberStore store, CancellationToken cancellationToken) =>
        (await store.RemoveAsync(project, subject, actor, cancellationToken)).ToNoContent();

    private static async Task<IResult> ListThingsAsync(
        string project, ProjectThingStore store, CancellationToken cancellationToken, int? limit = null,
        string? cursor = null)
    {
        if (!PageRequest.Read(limit, cursor).TryGet(out var page, out var fault)) return fault.Problem();
        if (page.After is not null && !Resource.TryParse(page.After, out _)) return PageRequest.BadCursor.Problem();
        return (await store.ListAsync(project, page.After, page.Limit + 1, cancellationToken)).TryGet(out var rows, out fault)
            ? TypedResults.Ok(page.PageOf(rows, static row => row.Thing))
            : fault.Problem();
    }

    private static async Task<IResult> PutThingAsync(
        string project, string thing, Actor actor, ProjectThingStore store, CancellationToken cancellationToken)
    {
        if (!(await store.PutAsync(project, thing, actor, cancellationToken)).TryGet(out var put, out var fault))
            return fault.Problem();
        return put.IsNew
            ? TypedResults.Created($"/api/v1/projects/{project}/things/{Uri.EscapeDataString(put.Thing.Thing)}", put.Thing)
            : TypedResults.Ok(put.Thing);
    }

    private static async Task<IResult> TakeThingAsync(
        string project, string thing, ProjectThingStore store, CancellationToken cancellationToken) =>
        (await store.TakeAsync(project, thing, cancellationToken)).ToNoContent();
}
