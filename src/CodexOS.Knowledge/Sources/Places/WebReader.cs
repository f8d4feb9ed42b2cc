using System.Text.Json;
using CodexOS.Platform.Egress;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Http;
using CodexOS.Tools.Contracts;

namespace CodexOS.Knowledge.Sources.Places;

/// <summary>Single pages, or all pages that a sitemap lists.</summary>
internal sealed class WebReader(ReaderScope scope, KnowledgeOptions options, WebFetch web) : ISourceReader
{
    private readonly EgressClientSettings _settings = new() { AnswerBytesMax = options.DocumentBytesMax + 1L };

    /// <inheritdoc />
    public async Task<Result<Listing>> ListAsync(Func<ListedItem, ValueTask<bool>> found, CancellationToken cancellationToken)
    {
        var patterns = Patterns.Of(scope.Place, forAddresses: true);
        if (scope.Place.Web is { } pages)
        {
            foreach (var page in pages.Pages.Where(page => patterns.Take(new Uri(page))))
            {
                if (!await found(new ListedItem(page, null))) return Listing.Cut;
            }

            return Listing.Whole;
        }

        var sitemap = scope.Place.Sitemap!;
        var (left, others) = (sitemap.PagesMax ?? int.MaxValue, 0);
        var walk = new SitemapWalk(web, options);
        var walked = await walk.ReadAsync(
            new Uri(sitemap.Url),
            async text =>
            {
                if (!WebAddress.Parse(text).TryGet(out var address, out _)) return true;
                if (!IsListed(address))
                {
                    others++;
                    return true;
                }

                if (!patterns.Take(address)) return true;
                // A site that cannot be asked now has not taken its pages back: fetching them will say what is wrong.
                if ((await web.MayAsync(address, cancellationToken)).TryGet(out var may, out _) && !may) return true;
                // The limit of pages is the owner's wish: what is behind it is not missed.
                return left-- > 0 && await found(new ListedItem(address.AbsoluteUri, null));
            },
            cancellationToken);
        if (!walked.TryGet(out var listing, out var fault)) return fault;
        if (left < 0) listing = listing with { IsWhole = listing.Notes.Count == 0 };
        return others == 0 ? listing : listing with { Notes = [.. listing.Notes, SourceFaults.OtherHosts(others)] };
    }

    /// <inheritdoc />
    public async Task<Result<Fetched>> ReadAsync(WantedItem item, CancellationToken cancellationToken)
    {
        if (!WebAddress.Parse(item.Key).TryGet(out var address, out var fault)) return fault;
        var mark = item.Mark is null ? null : JsonSerializer.Deserialize<WebMark>(item.Mark, Json.Options);
        var asked = await web.GetAsync(address, mark, _settings, asksRobots: true, cancellationToken);
        if (!asked.TryGet(out var answer, out fault)) return fault;
        using (answer)
        {
            switch ((int)answer.StatusCode)
            {
                case 304 when mark is not null:
                    return new Fetched.Same();
                case 404 or 410:
                    return new Fetched.Gone();
                case < 200 or > 299:
                    return SourceFaults.Status((int)answer.StatusCode);
            }

            var read = await Bodies.ReadAsync(answer, options.DocumentBytesMax, cancellationToken);
            if (!read.TryGet(out var bytes, out fault)) return fault;
            var type = answer.Content.Headers.NonValidated.TryGetValues("Content-Type", out var types) ? types.ToString() : "";
            var next = WebMark.Of(answer);
            return new Fetched.Content(
                bytes, type.Length > 200 ? "" : type, next is null ? null : Bodies.Write(next),
                answer.RequestMessage!.RequestUri!.AbsoluteUri);
        }
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private bool IsListed(Uri address) => HostName.Parse(address.Host).TryGet(out var host, out _)
        && scope.Grant.Rules.Any(rule => rule.IsFor(host) && rule.IsFor(address.Port));
}
