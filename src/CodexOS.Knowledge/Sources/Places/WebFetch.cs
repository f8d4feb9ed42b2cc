using System.Net.Http.Headers;
using System.Text;
using CodexOS.Platform.Egress;
using CodexOS.Platform.Faults;
using CodexOS.Tools.Contracts;

namespace CodexOS.Knowledge.Sources.Places;

/// <summary>
/// Fetches from web servers as a good guest: it says who it is, waits between two requests to a host, asks robots.txt before
/// anything else, and decides on each redirect as on a request of its own.
/// </summary>
internal sealed class WebFetch(EgressSession network, string userAgent, TimeSpan pause, TimeProvider clock)
{
    private const int RedirectsMax = 5;
    private const int RobotsBytesMax = 512 * 1024;

    private readonly Dictionary<string, Result<Robots>> _robots = [];
    private readonly Dictionary<string, DateTimeOffset> _next = [];

    /// <summary>Asks for an address. The caller disposes the answer.</summary>
    /// <param name="address">The address.</param>
    /// <param name="mark">What of it is there already; null is nothing.</param>
    /// <param name="settings">Limits of the answer.</param>
    /// <param name="asksRobots">Whether robots.txt is asked first.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<Result<HttpResponseMessage>> GetAsync(
        Uri address, WebMark? mark, EgressClientSettings settings, bool asksRobots, CancellationToken cancellationToken)
    {
        for (var redirects = 0; ; redirects++)
        {
            if (asksRobots)
            {
                if (!(await MayAsync(address, cancellationToken)).TryGet(out var may, out var unknown)) return unknown;
                if (!may) return SourceFaults.Robots;
            }

            await TurnAsync(address, cancellationToken);
            using var request = new HttpRequestMessage(HttpMethod.Get, address);
            request.Headers.TryAddWithoutValidation("User-Agent", userAgent);
            if (mark?.Tag is { } tag) request.Headers.TryAddWithoutValidation("If-None-Match", tag);
            if (mark?.ChangedAt is { } at) request.Headers.IfModifiedSince = at;
            var sent = await network.SendAsync(request, settings, cancellationToken);
            if (!sent.TryGet(out var answer, out var fault)) return fault;
            if (answer.Headers.Location is not { } location || (int)answer.StatusCode is not (301 or 302 or 303 or 307 or 308))
            {
                // The address it was fetched from in the end is part of what came.
                answer.RequestMessage = new HttpRequestMessage(HttpMethod.Get, address);
                return answer;
            }

            answer.Dispose();
            if (redirects == RedirectsMax) return EgressFaults.Limit($"{RedirectsMax} redirects");
            if (!WebAddress.Follow(address, location).TryGet(out var next, out fault)) return fault;
            address = next;
        }
    }

    /// <summary>
    /// Whether the site lets programs fetch an address. A fault is that it cannot be asked now: then nothing may be fetched.
    /// </summary>
    public async Task<Result<bool>> MayAsync(Uri address, CancellationToken cancellationToken)
    {
        var site = address.GetLeftPart(UriPartial.Authority);
        if (!_robots.TryGetValue(site, out var asked))
            _robots[site] = asked = await RobotsOfAsync(new Uri(site + "/robots.txt"), cancellationToken);
        return asked.TryGet(out var robots, out var fault) ? robots.Allows(address) : fault;
    }

    private async Task<Result<Robots>> RobotsOfAsync(Uri address, CancellationToken cancellationToken)
    {
        var settings = new EgressClientSettings { AnswerBytesMax = RobotsBytesMax };
        var asked = await GetAsync(address, null, settings, asksRobots: false, cancellationToken);
        if (!asked.TryGet(out var answer, out var fault)) return fault;
        using (answer)
        {
            if ((int)answer.StatusCode is >= 400 and < 500) return Robots.AllowAll;
            if (!answer.IsSuccessStatusCode) return SourceFaults.Robots;
            return (await Bodies.ReadAsync(answer, RobotsBytesMax, cancellationToken)).TryGet(out var bytes, out fault)
                ? Robots.Read(Encoding.UTF8.GetString(bytes).TrimStart('\uFEFF'))
                : fault;
        }
    }

    private async Task TurnAsync(Uri address, CancellationToken cancellationToken)
    {
        if (pause <= TimeSpan.Zero) return;
        var now = clock.GetUtcNow();
        if (_next.TryGetValue(address.Authority, out var next) && next > now)
        {
            await Task.Delay(next - now, clock, cancellationToken);
            now = clock.GetUtcNow();
        }

        _next[address.Authority] = now + pause;
    }
}

/// <summary>What a page is recognised by next time.</summary>
/// <param name="Tag">Its entity tag.</param>
/// <param name="ChangedAt">When it was changed, as its server said.</param>
internal sealed record WebMark(string? Tag, DateTimeOffset? ChangedAt)
{
    private const int TagLengthMax = 300;

    /// <summary>The mark of an answer; null if it has none.</summary>
    public static WebMark? Of(HttpResponseMessage answer)
    {
        var tag = answer.Headers.NonValidated.TryGetValues("ETag", out var tags) ? tags.ToString() : null;
        if (tag is { Length: > TagLengthMax } || !EntityTagHeaderValue.TryParse(tag, out _)) tag = null;
        var changedAt = answer.Content.Headers.LastModified;
        return tag is null && changedAt is null ? null : new WebMark(tag, changedAt);
    }
}
