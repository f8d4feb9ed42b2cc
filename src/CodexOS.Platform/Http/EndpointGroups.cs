using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace CodexOS.Platform.Http;

/// <summary>Endpoints of one kind of thing, with what they have in common.</summary>
public static class EndpointGroups
{
    /// <summary>Endpoints that ask who calls (so they may answer 401 and 403) and take a body of limited length.</summary>
    /// <param name="api">Where they are mapped.</param>
    /// <param name="prefix">What their addresses begin with.</param>
    /// <param name="tag">Their heading in the API document.</param>
    /// <param name="bodyBytesMax">How long a body may be, in bytes; a longer one is answered with 413.</param>
    public static RouteGroupBuilder MapGroup(this IEndpointRouteBuilder api, string prefix, string tag, int bodyBytesMax) =>
        api.MapGroup(prefix).WithTags(tag)
            .WithMetadata(new RequestSizeLimitAttribute(bodyBytesMax))
            .ProducesProblem(StatusCodes.Status401Unauthorized)
            .ProducesProblem(StatusCodes.Status403Forbidden);
}
