using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace CodexOS.Identity.Setup;

/// <summary>Where people reach this server. Never taken from a request, whose sender could write another host into it.</summary>
internal sealed class ServerAddress(IServer server, IOptions<IdentityOptions> options)
{
    /// <summary>The address that links in mail begin with.</summary>
    public Uri ForPeople => options.Value.PublicUrl is { Length: > 0 } configured ? new Uri(configured) : Listening;

    /// <summary>The address the server listens on; a name that stands for every address becomes this machine's.</summary>
    public Uri Listening
    {
        get
        {
            var listening = server.Features.Get<IServerAddressesFeature>()?.Addresses.FirstOrDefault()
                ?? throw new InvalidOperationException("The server listens nowhere.");
            var bound = BindingAddress.Parse(listening);
            return new UriBuilder(bound.Scheme, IsEverywhere(bound.Host) ? "localhost" : bound.Host, bound.Port).Uri;
        }
    }

    private static bool IsEverywhere(string host) => host is "0.0.0.0" or "[::]" or "+" or "*";
}
