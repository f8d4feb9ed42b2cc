using System.Collections.Frozen;
using CodexOS.Platform.Ids;
using Microsoft.AspNetCore.Http;

namespace CodexOS.Platform.Tenancy;

/// <summary>Who makes a request: put on the request by the module that authenticates, read by everyone else.</summary>
/// <param name="Tenant">The tenant the caller acts in.</param>
/// <param name="User">The signed-in user.</param>
/// <param name="Name">How the user is shown to people.</param>
/// <param name="Permissions">What the caller may do, as <c>resource:action</c>.</param>
public sealed record Caller(TenantId Tenant, UserId User, string Name, FrozenSet<string> Permissions)
{
    /// <summary>Hands the caller to an endpoint handler.</summary>
    /// <exception cref="InvalidOperationException">The endpoint is open to anonymous callers, which is a bug.</exception>
    public static ValueTask<Caller> BindAsync(HttpContext context) =>
        ValueTask.FromResult(Of(context) ?? throw new InvalidOperationException("The endpoint has no caller."));

    /// <summary>The caller of a request, or null if nobody is signed in.</summary>
    public static Caller? Of(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return context.Features.Get<Caller>();
    }
}
