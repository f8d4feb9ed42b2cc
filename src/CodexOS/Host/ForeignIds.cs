using CodexOS.Platform.Ids;
using CodexOS.Platform.Tenancy;
using CodexOS.Trust.Contracts;

namespace CodexOS.Host;

/// <summary>
/// Records who asked by id for something that is another tenant's. They are told that there is no such thing, as of any id that
/// was made up; the entry is written before that answer is sent, and where it cannot be written, another answer is sent.
/// </summary>
internal sealed partial class ForeignIds(
    RequestDelegate next, Owners owners, IAuditLog audit, ILogger<ForeignIds> log)
{
    private const string Action = "tenants.reach_across";
    private const int IdsMax = 8;

    public Task InvokeAsync(HttpContext context)
    {
        if (Caller.Of(context) is { } caller && context.GetEndpoint() is RouteEndpoint)
            context.Response.OnStarting(() => RecordAsync(context, caller));
        return next(context);
    }

    private async Task RecordAsync(HttpContext context, Caller caller)
    {
        if (context.Response.StatusCode is not StatusCodes.Status404NotFound) return;
        var given = context.Request.RouteValues.Values.OfType<string>()
            .Concat(context.Request.Query.SelectMany(pair => pair.Value.OfType<string>()))
            .Take(IdsMax);
        foreach (var id in given)
        {
            if (await owners.FindAsync(id, context.RequestAborted) is not { } owner || owner == caller.Tenant) continue;
            LogReached(caller.Tenant, caller.User, owner);
            await audit.RecordAsync(
                AuditEntry.Denied(Action, "not_found")
                    .In(caller.Tenant)
                    .By(AuditActor.Of(caller))
                    .On(id[..id.IndexOf('_', StringComparison.Ordinal)], id)
                    .With("method", context.Request.Method),
                context.RequestAborted);
        }
    }

    [LoggerMessage(
        Level = LogLevel.Warning, Message = "{User} of {Tenant} asked for something of {Owner} by its id, and was told it is not there.")]
    private partial void LogReached(TenantId tenant, UserId user, TenantId owner);
}
