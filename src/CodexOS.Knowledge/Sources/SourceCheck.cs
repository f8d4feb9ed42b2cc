using System.Collections.Immutable;
using System.Text.RegularExpressions;
using CodexOS.Knowledge.Sources.Places;
using CodexOS.Platform.Egress;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Tenancy;
using CodexOS.Tools.Contracts;
using Microsoft.Extensions.Options;

namespace CodexOS.Knowledge.Sources;

/// <summary>Checks where a source is, and says what of the network its syncs may reach.</summary>
internal sealed partial class SourceCheck(
    FolderAllowance folders, ISecretSource secrets, IEgress egress, IOptions<KnowledgeOptions> options)
{
    private const string Write = "knowledge:write";
    private const int PagesMax = 100;
    private const int HostsMax = 32;
    private const int TextLengthMax = 1_000;
    private const int PauseMsMax = 60_000;
    private static readonly ImmutableArray<string> s_reads = ["GET"];

    /// <summary>The kind of a place; null if it is not exactly one.</summary>
    public static SourceKind? KindOf(SourcePlace place)
    {
        (SourceKind Kind, bool IsGiven)[] kinds =
        [
            (SourceKind.Folder, place.Folder is not null), (SourceKind.Web, place.Web is not null),
            (SourceKind.Sitemap, place.Sitemap is not null), (SourceKind.Git, place.Git is not null),
            (SourceKind.S3, place.S3 is not null),
        ];
        return kinds.Count(static one => one.IsGiven) == 1 ? kinds.First(static one => one.IsGiven).Kind : null;
    }

    /// <summary>Checks a place as it came, and gives it in its one spelling.</summary>
    public async Task<Result<SourcePlace>> CheckAsync(SourcePlace place, TenantId tenant, CancellationToken cancellationToken)
    {
        if (KindOf(place) is not { } kind)
            return SourceFaults.Bad("its place must have exactly one of folder, web, sitemap, git and s3");
        if ((Patterns.WhatIsWrong(place.Include) ?? Patterns.WhatIsWrong(place.Exclude)) is { } wrong) return wrong;
        if (SecretOf(place) is { } secret && !await secrets.HasAsync(secret, tenant, cancellationToken))
            return SourceFaults.Bad($"there is no secret '{Shown(secret)}'; set it up with codexos secrets");
        var read = kind switch
        {
            SourceKind.Folder => CheckFolder(place, tenant),
            SourceKind.Web => CheckWeb(place),
            SourceKind.Sitemap => CheckSitemap(place),
            SourceKind.Git => CheckGit(place),
            SourceKind.S3 => CheckS3(place),
            _ => throw new System.Diagnostics.UnreachableException($"There is no kind {kind}."),
        };
        if (!read.TryGet(out var good, out var fault)) return fault;
        return RulesOf(good).TryGet(out _, out fault) ? good : fault;
    }

    /// <summary>What a sync of a place may reach.</summary>
    public Result<EgressGrant> GrantOf(SourcePlace place) =>
        RulesOf(place).TryGet(out var rules, out var fault)
            ? new EgressGrant(rules, rules.IsEmpty ? [] : egress.AllowedNetworks)
            : fault;

    /// <summary>The hosts of a place. The secret goes to its own host, never to those that are listed beside it.</summary>
    private static Result<ImmutableArray<EgressRule>> RulesOf(SourcePlace place)
    {
        var rules = ImmutableArray.CreateBuilder<EgressRule>();
        var (addresses, hosts, secret, methods) = place switch
        {
            { Web: { } web } => (web.Pages, web.Hosts, web.Secret, s_reads),
            { Sitemap: { } sitemap } => ([sitemap.Url], sitemap.Hosts, sitemap.Secret, s_reads),
            { Git: { } git } => ([git.Url], null, git.Secret, ["GET", "POST"]),
            // The secret of a bucket signs requests and is not sent.
            { S3: { } s3 } => ((IReadOnlyList<string>)[s3.Endpoint], null, null, s_reads),
            _ => ([], null, null, s_reads),
        };
        foreach (var address in addresses)
        {
            if (!WebAddress.Parse(address).TryGet(out var uri, out var fault)) return SourceFaults.Bad(fault.Message);
            var rule = new EgressRule(uri.Host) { Port = uri.Port, Methods = methods, Secret = secret };
            if (!rules.Any(one => one.Host == rule.Host && one.Port == rule.Port)) rules.Add(rule);
        }

        foreach (var text in hosts ?? [])
        {
            if (!EgressRule.Parse(text).TryGet(out var rule, out var fault)) return SourceFaults.Bad(fault.Message);
            rules.Add(rule with { Methods = methods });
        }

        return rules.ToImmutable();
    }

    /// <summary>
    /// Why a caller may not have a base read from a place; null if nothing speaks against it. Secrets and the folders of the
    /// server are the tenant's: who may write some bases only, because of a grant or a project, would read what is not theirs.
    /// </summary>
    public static Fault? WhyNot(SourcePlace? place, Caller caller)
    {
        if (place is null || caller.May(Write)) return null;
        return place.Folder is not null ? caller.Lacks(Write) : SecretOf(place) is null ? null : caller.Lacks("secrets:read");
    }

    private static string? SecretOf(SourcePlace place) =>
        place.Web?.Secret ?? place.Sitemap?.Secret ?? place.Git?.Secret ?? place.S3?.Secret;

    private Result<SourcePlace> CheckFolder(SourcePlace place, TenantId tenant)
    {
        var path = place.Folder!.Path;
        if (path is not { Length: > 0 and <= TextLengthMax } || path.Any(char.IsControl) || !Path.IsPathRooted(path))
            return SourceFaults.Bad("the path of its folder must be absolute");
        var whole = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        return folders.Allows(tenant, whole)
            ? place with { Folder = new FolderPlace(whole) }
            : SourceFaults.FolderNotAllowed(Shown(path));
    }

    private static Result<SourcePlace> CheckWeb(SourcePlace place)
    {
        var web = place.Web!;
        if (web.Pages is not { Count: > 0 and <= PagesMax }) return SourceFaults.Bad($"it must have 1 to {PagesMax} pages");
        if (WhatIsWrong(web.Hosts, web.PauseMs) is { } wrong) return wrong;
        var pages = new List<string>();
        foreach (var page in web.Pages)
        {
            if (!WebAddress.Parse(page ?? "").TryGet(out var address, out var fault)) return SourceFaults.Bad(fault.Message);
            if (!pages.Contains(address.AbsoluteUri)) pages.Add(address.AbsoluteUri);
        }

        return place with { Web = web with { Pages = pages } };
    }

    private Result<SourcePlace> CheckSitemap(SourcePlace place)
    {
        var sitemap = place.Sitemap!;
        if (WhatIsWrong(sitemap.Hosts, sitemap.PauseMs) is { } wrong) return wrong;
        if (sitemap.PagesMax is { } pages && (pages < 1 || pages > options.Value.SourceEntriesMax))
            return SourceFaults.Bad($"pagesMax must be 1 to {options.Value.SourceEntriesMax}");
        return WebAddress.Parse(sitemap.Url ?? "").TryGet(out var address, out var fault)
            ? place with { Sitemap = sitemap with { Url = address.AbsoluteUri } }
            : SourceFaults.Bad(fault.Message);
    }

    private static Result<SourcePlace> CheckGit(SourcePlace place)
    {
        var git = place.Git!;
        if (git.Branch is { } branch && !BranchForm().IsMatch(branch)) return SourceFaults.Bad("its branch has no name that git knows");
        if (!WebAddress.Parse(git.Url ?? "").TryGet(out var address, out var fault)) return SourceFaults.Bad(fault.Message);
        if (address.Query.Length > 0) return SourceFaults.Bad("the address of a repository has no query");
        var folder = git.Folder?.Trim('/');
        if (folder is { Length: > TextLengthMax } || folder?.Any(char.IsControl) is true
            || folder?.Split('/').Any(static part => part is "." or "..") is true)
            return SourceFaults.Bad("its folder is no path inside a repository");
        return place with
        {
            Git = git with
            {
                Url = address.AbsoluteUri.TrimEnd('/'),
                Folder = string.IsNullOrEmpty(folder) ? null : folder,
                Branch = string.IsNullOrEmpty(git.Branch) ? null : git.Branch,
            },
        };
    }

    private static Result<SourcePlace> CheckS3(SourcePlace place)
    {
        var s3 = place.S3!;
        if (s3.Bucket is not { Length: >= 1 and <= 255 } || !BucketForm().IsMatch(s3.Bucket))
            return SourceFaults.Bad("the name of its bucket has characters that no bucket has");
        if (s3.Prefix is { Length: > TextLengthMax }) return SourceFaults.Bad($"its prefix has more than {TextLengthMax} characters");
        if (s3.Region is { } region && !RegionForm().IsMatch(region)) return SourceFaults.Bad("its region is no name of one");
        if ((s3.AccessKey is null) != (s3.Secret is null))
            return SourceFaults.Bad("the id of the access key and the secret with its secret key belong together");
        if (s3.AccessKey is { } key && !RegionForm().IsMatch(key)) return SourceFaults.Bad("the id of its access key cannot be one");
        if (!WebAddress.Parse(s3.Endpoint ?? "").TryGet(out var address, out var fault)) return SourceFaults.Bad(fault.Message);
        return address.PathAndQuery is "/"
            ? place with { S3 = s3 with { Endpoint = address.AbsoluteUri.TrimEnd('/') } }
            : SourceFaults.Bad("the address of its store has a path; the bucket is named by itself");
    }

    private static Fault? WhatIsWrong(IReadOnlyList<string>? hosts, int? pauseMs) =>
        hosts is { Count: > HostsMax } || hosts?.Any(static host => host is null) is true
            ? SourceFaults.Bad($"it may list up to {HostsMax} further hosts")
            : pauseMs is < 0 or > PauseMsMax ? SourceFaults.Bad($"pauseMs must be 0 to {PauseMsMax}") : null;

    private static string Shown(string text) => new([.. text.Where(static character => !char.IsControl(character)).Take(100)]);

    [GeneratedRegex("^(?!.*(?:\\.\\.|//|@\\{|\\.lock$|/$|\\.$))[A-Za-z0-9_][A-Za-z0-9._/+-]{0,199}$", RegexOptions.None, 1_000)]
    private static partial Regex BranchForm();

    [GeneratedRegex("^[A-Za-z0-9][A-Za-z0-9._-]{0,254}$", RegexOptions.None, 1_000)]
    private static partial Regex BucketForm();

    [GeneratedRegex("^[A-Za-z0-9][A-Za-z0-9._+/=-]{0,127}$", RegexOptions.None, 1_000)]
    private static partial Regex RegionForm();
}
