using CodexOS.Identity.Contracts;
using CodexOS.Identity.Scim.Groups;
using CodexOS.Identity.Scim.Protocol;
using CodexOS.Identity.Scim.Users;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Http;
using CodexOS.Platform.Ids;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;

namespace CodexOS.Identity.Scim;

/// <summary>
/// SCIM 2.0 (RFC 7643, RFC 7644), by which an identity provider makes, changes and removes members and groups. Its requests,
/// answers and refusals have the RFCs' forms; who may call it, how often and for which tenant is decided as everywhere.
/// </summary>
internal static class ScimEndpoints
{
    private const string Permission = "scim:provision";
    private const string Tag = "SCIM";
    private const int BodyBytesMax = 1024 * 1024;

    public static void Map(IEndpointRouteBuilder api)
    {
        var scim = api.MapGroup(ScimRoutes.Prefix).WithTags(Tag).RequirePermission(Permission)
            .WithMetadata(new RequestSizeLimitAttribute(BodyBytesMax), new ScimFaultForm());
        MapUsers(scim.MapGroup(ScimRoutes.Users));
        MapGroups(scim.MapGroup(ScimRoutes.Groups));
        ScimDiscovery.Map(scim);
    }

    private static void MapUsers(RouteGroupBuilder users)
    {
        users.MapGet("", ListUsersAsync)
            .WithName("ListScimUsers").WithSummary("The members, all or those that a filter finds.")
            .Answers<ScimList<ScimUser>>().Refuses();
        users.MapPost("", CreateUserAsync).Takes<ScimUserRequest>()
            .WithName("CreateScimUser").WithSummary("Makes a member; an account with this address is joined, if the domain is the tenant's.")
            .Answers<ScimUser>(201).Refuses(409, 413, 422);
        users.MapGet("/{id}", FindUserAsync)
            .WithName("GetScimUser").WithSummary("One member.")
            .Answers<ScimUser>().Produces(StatusCodes.Status304NotModified).Refuses(404);
        users.MapPut("/{id}", ReplaceUserAsync).Takes<ScimUserRequest>()
            .WithName("ReplaceScimUser").WithSummary("Puts what the provider says of a member in place of what is there.")
            .Answers<ScimUser>().Refuses(404, 409, 412, 413);
        users.MapPatch("/{id}", PatchUserAsync).Takes<ScimPatchRequest>()
            .WithName("PatchScimUser").WithSummary("Changes a member; active false ends all their sessions in the tenant at once.")
            .Answers<ScimUser>().Refuses(404, 409, 412, 413);
        users.MapDelete("/{id}", DeleteUserAsync)
            .WithName("DeleteScimUser").WithSummary("Takes a member out of the tenant; the person's account stays.")
            .Produces(StatusCodes.Status204NoContent).Refuses(404, 409, 412);
    }

    private static void MapGroups(RouteGroupBuilder groups)
    {
        groups.MapGet("", ListGroupsAsync)
            .WithName("ListScimGroups").WithSummary("The groups, all or those that a filter finds.")
            .Answers<ScimList<ScimGroup>>().Refuses();
        groups.MapPost("", CreateGroupAsync).Takes<ScimGroupRequest>()
            .WithName("CreateScimGroup").WithSummary("Makes a group; its people get the role that it gives, if it gives one.")
            .Answers<ScimGroup>(201).Refuses(409, 413, 422);
        groups.MapGet("/{id}", FindGroupAsync)
            .WithName("GetScimGroup").WithSummary("One group.")
            .Answers<ScimGroup>().Produces(StatusCodes.Status304NotModified).Refuses(404);
        groups.MapPut("/{id}", ReplaceGroupAsync).Takes<ScimGroupRequest>()
            .WithName("ReplaceScimGroup").WithSummary("Puts what the provider says of a group in place of what is there.")
            .Answers<ScimGroup>().Refuses(404, 409, 412, 413, 422);
        groups.MapPatch("/{id}", PatchGroupAsync).Takes<ScimPatchRequest>()
            .WithName("PatchScimGroup").WithSummary("Changes a group, or who is in it.")
            .Produces(StatusCodes.Status204NoContent).Refuses(404, 409, 412, 413, 422);
        groups.MapDelete("/{id}", DeleteGroupAsync)
            .WithName("DeleteScimGroup").WithSummary("Deletes a group; its people lose the role that it gave.")
            .Produces(StatusCodes.Status204NoContent).Refuses(404, 412);
    }

    private static async Task<IResult> ListUsersAsync(
        ScimUserReader reader, IOptions<ScimOptions> options, CancellationToken cancellationToken, string? filter = null,
        int? startIndex = null, int? count = null, string? attributes = null, string? excludedAttributes = null,
        string? sortBy = null, string? sortOrder = null)
    {
        var page = ScimPage.Read(startIndex, count, options.Value.PageSizeMax);
        if (!ScimSort.Read(sortBy, sortOrder, ScimUserReader.Sortable).TryGet(out var sort, out var fault))
            return ScimAnswers.Refuse(fault);
        return (await reader.ListAsync(filter, page, sort, cancellationToken)).TryGet(out var list, out fault)
            ? ScimAnswers.Of(list, ScimAttributes.Read(attributes, excludedAttributes))
            : ScimAnswers.Refuse(fault);
    }

    private static async Task<IResult> FindUserAsync(
        string id, ScimUserReader reader, HttpContext context, CancellationToken cancellationToken, string? attributes = null,
        string? excludedAttributes = null) =>
        await reader.FindAsync(UserOf(id), cancellationToken) is { } found
            ? ScimAnswers.Of(found, found.Meta, ScimAttributes.Read(attributes, excludedAttributes), context)
            : ScimAnswers.Refuse(ScimFaults.UserNotFound);

    private static async Task<IResult> CreateUserAsync(
        ScimBody body, ScimUserStore store, HttpContext context, CancellationToken cancellationToken)
    {
        if (!body.Json.TryGet(out var json, out var fault)) return ScimAnswers.Refuse(fault);
        if (!(await store.CreateAsync(json, cancellationToken)).TryGet(out var made, out fault)) return ScimAnswers.Refuse(fault);
        context.Response.Headers.Location = made.Meta.Location;
        return ScimAnswers.Of(made, made.Meta, context, StatusCodes.Status201Created);
    }

    private static async Task<IResult> ReplaceUserAsync(
        string id, ScimBody body, ScimUserStore store, HttpContext context, CancellationToken cancellationToken)
    {
        var changed = await store.ReplaceAsync(UserOf(id), body.Json, ScimVersion.IfMatch(context), cancellationToken);
        return changed.TryGet(out var user, out var fault)
            ? ScimAnswers.Of(user, user.Meta, context)
            : ScimAnswers.Refuse(fault);
    }

    private static async Task<IResult> PatchUserAsync(
        string id, ScimBody body, ScimUserStore store, HttpContext context, CancellationToken cancellationToken)
    {
        var changed = await store.PatchAsync(UserOf(id), body.Json, ScimVersion.IfMatch(context), cancellationToken);
        return changed.TryGet(out var user, out var fault)
            ? ScimAnswers.Of(user, user.Meta, context)
            : ScimAnswers.Refuse(fault);
    }

    private static async Task<IResult> DeleteUserAsync(
        string id, ScimUserStore store, HttpContext context, CancellationToken cancellationToken) =>
        NothingOf(await store.DeleteAsync(UserOf(id), ScimVersion.IfMatch(context), cancellationToken));

    private static async Task<IResult> ListGroupsAsync(
        ScimGroupStore store, IOptions<ScimOptions> options, CancellationToken cancellationToken, string? filter = null,
        int? startIndex = null, int? count = null, string? attributes = null, string? excludedAttributes = null,
        string? sortBy = null, string? sortOrder = null)
    {
        var page = ScimPage.Read(startIndex, count, options.Value.PageSizeMax);
        var asked = ScimAttributes.Read(attributes, excludedAttributes);
        if (!ScimSort.Read(sortBy, sortOrder, ScimGroupStore.Sortable).TryGet(out var sort, out var fault))
            return ScimAnswers.Refuse(fault);
        var found = await store.ListAsync(filter, page, sort, asked.Has("members"), cancellationToken);
        return found.TryGet(out var list, out fault) ? ScimAnswers.Of(list, asked) : ScimAnswers.Refuse(fault);
    }

    private static async Task<IResult> FindGroupAsync(
        string id, ScimGroupStore store, HttpContext context, CancellationToken cancellationToken, string? attributes = null,
        string? excludedAttributes = null)
    {
        var asked = ScimAttributes.Read(attributes, excludedAttributes);
        return (await store.FindAsync(GroupOf(id), asked.Has("members"), cancellationToken)).TryGet(out var found, out var fault)
            ? ScimAnswers.Of(found, found.Meta, asked, context)
            : ScimAnswers.Refuse(fault);
    }

    private static async Task<IResult> CreateGroupAsync(
        ScimBody body, ScimGroupStore store, HttpContext context, CancellationToken cancellationToken)
    {
        if (!body.Json.TryGet(out var json, out var fault)) return ScimAnswers.Refuse(fault);
        if (!(await store.CreateAsync(json, cancellationToken)).TryGet(out var made, out fault)) return ScimAnswers.Refuse(fault);
        context.Response.Headers.Location = made.Meta.Location;
        return ScimAnswers.Of(made, made.Meta, context, StatusCodes.Status201Created);
    }

    private static async Task<IResult> ReplaceGroupAsync(
        string id, ScimBody body, ScimGroupStore store, HttpContext context, CancellationToken cancellationToken)
    {
        var changed = await store.ReplaceAsync(GroupOf(id), body.Json, ScimVersion.IfMatch(context), cancellationToken);
        return changed.TryGet(out var group, out var fault)
            ? ScimAnswers.Of(group, group.Meta, context)
            : ScimAnswers.Refuse(fault);
    }

    /// <summary>Says only that it is done: a large group need not be read for somebody who changed one place in it.</summary>
    private static async Task<IResult> PatchGroupAsync(
        string id, ScimBody body, ScimGroupStore store, HttpContext context, CancellationToken cancellationToken) =>
        NothingOf(await store.PatchAsync(GroupOf(id), body.Json, ScimVersion.IfMatch(context), cancellationToken));

    private static async Task<IResult> DeleteGroupAsync(
        string id, ScimGroupStore store, HttpContext context, CancellationToken cancellationToken) =>
        NothingOf(await store.DeleteAsync(GroupOf(id), ScimVersion.IfMatch(context), cancellationToken));

    /// <summary>Whom a path names; what is no id names nobody, as far as SCIM is concerned.</summary>
    private static UserId UserOf(string id) => UserId.TryParse(id, null, out var user) ? user : default;

    private static ScimGroupId GroupOf(string id) => ScimGroupId.TryParse(id, null, out var group) ? group : default;

    private static IResult NothingOf<T>(Result<T> outcome) =>
        outcome.TryGet(out _, out var fault) ? TypedResults.NoContent() : ScimAnswers.Refuse(fault);

    /// <summary>The body is read by hand, since SCIM's names are the same in any case; the type describes it.</summary>
    private static RouteHandlerBuilder Takes<TRequest>(this RouteHandlerBuilder endpoint)
        where TRequest : notnull => endpoint.Accepts<TRequest>(ScimAnswers.MediaType, "application/json");

    internal static RouteHandlerBuilder Answers<T>(this RouteHandlerBuilder endpoint, int status = StatusCodes.Status200OK) =>
        endpoint.Produces<T>(status, ScimAnswers.MediaType);

    internal static RouteHandlerBuilder Refuses(this RouteHandlerBuilder endpoint, params IEnumerable<int> statuses)
    {
        // What every request may be answered with.
        foreach (var status in ((IEnumerable<int>)[400, 401, 403]).Concat(statuses))
            endpoint.Produces<ScimError>(status, ScimAnswers.MediaType);
        return endpoint;
    }
}
