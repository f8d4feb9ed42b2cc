using System.CommandLine;
using System.CommandLine.Parsing;
using CodexOS.Client.Contracts;

namespace CodexOS.Cli.Verbs;

/// <summary>The options that say where a source is and when it is synchronised.</summary>
internal sealed class SourceOptions
{
    private readonly Option<string?> _folder = Text("--folder", "A folder of the server that its operator allowed", "PATH");
    private readonly Option<string[]> _pages = Texts("--page", "A page; can be repeated", "URL");
    private readonly Option<string?> _sitemap = Text("--sitemap", "A sitemap, or an index of sitemaps", "URL");
    private readonly Option<string?> _git = Text("--git", "A git repository", "URL");
    private readonly Option<string?> _s3 = Text("--s3", "The address of an S3-compatible store", "URL");
    private readonly Option<string?> _branch = Text("--branch", "The branch or tag of the repository", "NAME");
    private readonly Option<string?> _below = Text("--below", "Only what is below this folder of the repository", "PATH");
    private readonly Option<string?> _bucket = Text("--bucket", "The bucket of the store", "NAME");
    private readonly Option<string?> _prefix = Text("--prefix", "Only objects whose keys begin so", "TEXT");
    private readonly Option<string?> _region = Text("--region", "The region that requests to the store are signed for", "NAME");
    private readonly Option<string?> _accessKey = Text("--access-key", "The id of the access key of the store", "ID");

    private readonly Option<string?> _secret =
        Text("--secret", "The secret that goes with requests, or that signs them, by name", "NAME");

    private readonly Option<string[]> _hosts = Texts("--host", "A further host whose pages are taken; can be repeated", "HOST");
    private readonly Option<int?> _pagesMax = Number("--pages-max", "How many pages of the sitemap are taken", "N");
    private readonly Option<int?> _pause = Number("--pause-ms", "Milliseconds between two requests to a web server", "N");

    private readonly Option<string[]> _include =
        Texts("--include", "A pattern of what alone is taken; can be repeated", "PATTERN");

    private readonly Option<string[]> _exclude =
        Texts("--exclude", "A pattern of what is left out; can be repeated", "PATTERN");

    private readonly Option<int?> _every = Number("--every", "Synchronise every so many minutes", "MINUTES");
    private readonly Option<string?> _cron = Text("--cron", "Synchronise by a cron expression of five fields", "EXPRESSION");
    private readonly Option<string?> _zone = Text("--zone", "The time zone of the cron expression, if not UTC", "ZONE");

    /// <summary>All of them, in the order in which help shows them.</summary>
    public IEnumerable<Option> All =>
    [
        _folder, _pages, _sitemap, _git, _s3, _branch, _below, _bucket, _prefix, _region, _accessKey, _secret, _hosts, _pagesMax,
        _pause, _include, _exclude, _every, _cron, _zone,
    ];

    /// <summary>The place that was given.</summary>
    public SourcePlace PlaceOf(ParseResult parsed)
    {
        var (own, others) = (parsed.GetValue(_secret), Some(parsed.GetValue(_hosts)));
        return new SourcePlace(
            parsed.GetValue(_folder) is { } path ? new FolderPlace(path) : null,
            Some(parsed.GetValue(_pages)) is { } wanted ? new WebPlace(wanted, others, own, parsed.GetValue(_pause)) : null,
            parsed.GetValue(_sitemap) is { } map
                ? new SitemapPlace(map, parsed.GetValue(_pagesMax), others, own, parsed.GetValue(_pause))
                : null,
            parsed.GetValue(_git) is { } repository
                ? new GitPlace(repository, parsed.GetValue(_branch), parsed.GetValue(_below), own)
                : null,
            parsed.GetValue(_s3) is { } store
                ? new S3Place(
                    store, parsed.GetValue(_bucket) ?? "", parsed.GetValue(_prefix), parsed.GetValue(_region),
                    parsed.GetValue(_accessKey), own)
                : null,
            Some(parsed.GetValue(_include)), Some(parsed.GetValue(_exclude)));
    }

    /// <summary>The schedule that was given; null if none was.</summary>
    public SourceSchedule? ScheduleOf(ParseResult parsed) => IsScheduled(parsed.CommandResult)
        ? new SourceSchedule(parsed.GetValue(_cron), parsed.GetValue(_zone), parsed.GetValue(_every))
        : null;

    /// <summary>Whether something of the schedule was given.</summary>
    public bool IsScheduled(CommandResult parsed) => IsGiven(parsed, _every) || IsGiven(parsed, _cron) || IsGiven(parsed, _zone);

    /// <summary>Whether something of the place was given.</summary>
    public bool IsPlaced(CommandResult parsed) =>
        All.Except([_every, _cron, _zone]).Any(option => IsGiven(parsed, option));

    /// <summary>A place with what was given in the place of what it had; an empty text takes away.</summary>
    /// <exception cref="CodexOSException">Something was given that a place of this kind does not have.</exception>
    public SourcePlace Changed(ParseResult parsed, string kind, SourcePlace place)
    {
        Option[] fit = [.. OfKind(place), _include, _exclude, _every, _cron, _zone];
        if (All.Except(fit).FirstOrDefault(option => IsGiven(parsed, option)) is { } stray)
        {
            throw new CodexOSException(
                "cli.other_kind_of_source", FaultKind.Invalid,
                $"{stray.Name} does not belong to a source of the kind {kind}. Its kind cannot change: make another source.");
        }

        string? Of(Option<string?> option, string? now) =>
            !IsGiven(parsed, option) ? now : parsed.GetValue(option) is { Length: > 0 } text ? text : null;
        int? NumberOf(Option<int?> option, int? now) => IsGiven(parsed, option) ? parsed.GetValue(option) : now;
        IReadOnlyList<string>? ListOf(Option<string[]> option, IReadOnlyList<string>? now) => !IsGiven(parsed, option)
            ? now
            : Some([.. parsed.GetValue(option)!.Where(static text => text.Length > 0)]);
        return new SourcePlace(
            place.Folder is { } folder ? new FolderPlace(Of(_folder, folder.Path) ?? "") : null,
            place.Web is { } web
                ? new WebPlace(
                    ListOf(_pages, web.Pages) ?? [], ListOf(_hosts, web.Hosts), Of(_secret, web.Secret),
                    NumberOf(_pause, web.PauseMs))
                : null,
            place.Sitemap is { } map
                ? new SitemapPlace(
                    Of(_sitemap, map.Url) ?? "", NumberOf(_pagesMax, map.PagesMax), ListOf(_hosts, map.Hosts),
                    Of(_secret, map.Secret), NumberOf(_pause, map.PauseMs))
                : null,
            place.Git is { } git
                ? new GitPlace(Of(_git, git.Url) ?? "", Of(_branch, git.Branch), Of(_below, git.Folder), Of(_secret, git.Secret))
                : null,
            place.S3 is { } s3
                ? new S3Place(
                    Of(_s3, s3.Endpoint) ?? "", Of(_bucket, s3.Bucket) ?? "", Of(_prefix, s3.Prefix), Of(_region, s3.Region),
                    Of(_accessKey, s3.AccessKey), Of(_secret, s3.Secret))
                : null,
            ListOf(_include, place.Include), ListOf(_exclude, place.Exclude));
    }

    private Option[] OfKind(SourcePlace place) => place switch
    {
        { Folder: not null } => [_folder],
        { Web: not null } => [_pages, _hosts, _secret, _pause],
        { Sitemap: not null } => [_sitemap, _pagesMax, _hosts, _secret, _pause],
        { Git: not null } => [_git, _branch, _below, _secret],
        { S3: not null } => [_s3, _bucket, _prefix, _region, _accessKey, _secret],
        _ => [],
    };

    private static bool IsGiven(ParseResult parsed, Option option) => IsGiven(parsed.CommandResult, option);

    private static bool IsGiven(CommandResult parsed, Option option) => parsed.GetResult(option) is { Implicit: false };

    private static string[]? Some(string[]? texts) => texts is { Length: > 0 } ? texts : null;

    private static Option<string?> Text(string name, string description, string help) =>
        new(name) { Description = description, HelpName = help };

    private static Option<string[]> Texts(string name, string description, string help) =>
        new(name) { Description = description, HelpName = help };

    private static Option<int?> Number(string name, string description, string help) =>
        new(name) { Description = description, HelpName = help };
}
