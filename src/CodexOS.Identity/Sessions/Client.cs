using System.Net;
using Microsoft.AspNetCore.Http;

namespace CodexOS.Identity.Sessions;

/// <summary>Where a request comes from.</summary>
/// <param name="Address">The network address; behind a trusted proxy, the one it reports.</param>
/// <param name="Name">How the client names itself, cut to <see cref="NameLengthMax"/> printable characters.</param>
internal sealed record Client(IPAddress? Address, string Name)
{
    public const int NameLengthMax = 200;

    public static Client Of(HttpContext context)
    {
        var agent = context.Request.Headers.UserAgent.ToString();
        var name = new string([.. agent.Where(c => !char.IsControl(c)).Take(NameLengthMax)]);
        return new Client(context.Connection.RemoteIpAddress, name.Length == 0 ? "unknown" : name);
    }
}
