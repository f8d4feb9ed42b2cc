using System.Globalization;
using System.Text;
using CodexOS.Platform.Faults;

namespace CodexOS.Knowledge.Sources.Places;

/// <summary>
/// A git repository: the newest commit of a branch without its history, fetched once for each commit into a folder of the
/// server's own that the sync removes at its end. Nothing is checked out, so no setting and no hook of the repository works.
/// </summary>
internal sealed class GitReader : ISourceReader
{
    private const int ListBytesMax = 128 << 20;

    private readonly ReaderScope _scope;
    private readonly KnowledgeOptions _options;
    private readonly string _folder;
    private readonly GitTransport _transport;

    private GitReader(ReaderScope scope, KnowledgeOptions options, string folder) =>
        (_scope, _options, _folder, _transport) = (scope, options, folder, new GitTransport(scope.Network, options));

    /// <param name="scope">The source.</param>
    /// <param name="options">Limits.</param>
    /// <param name="folder">Where the repository is kept while the sync lasts.</param>
    public static Result<ISourceReader> Open(ReaderScope scope, KnowledgeOptions options, string folder) =>
        new GitReader(scope, options, folder);

    /// <inheritdoc />
    public async Task<Result<Listing>> ListAsync(Func<ListedItem, ValueTask<bool>> found, CancellationToken cancellationToken)
    {
        var place = _scope.Place.Git!;
        var opened = await OpenAsync(cancellationToken);
        if (!opened.TryGet(out var repository, out var fault)) return fault;
        var patterns = Patterns.Of(_scope.Place, forAddresses: false);
        List<string> arguments = ["ls-tree", "-r", "-z", "--long", "--full-tree", repository.Commit];
        if (place.Folder is { } below) arguments.AddRange(["--", below + "/"]);
        var listed = await repository.RunAsync(arguments, ListBytesMax, cancellationToken);
        if (!listed.TryGet(out var bytes, out fault)) return fault.Kind is FaultKind.TooLarge ? ListTooLong : fault;
        foreach (var line in Encoding.UTF8.GetString(bytes).Split('\0', StringSplitOptions.RemoveEmptyEntries))
        {
            if (ItemOf(line) is { } item && patterns.Take(item.Key) && !await found(item)) return Listing.Cut;
        }

        return Listing.Whole;
    }

    /// <inheritdoc />
    public async Task<Result<Fetched>> ReadAsync(WantedItem item, CancellationToken cancellationToken)
    {
        if (item.ListedMark is not { } blob) return SourceFaults.Gone;
        var opened = await OpenAsync(cancellationToken);
        if (!opened.TryGet(out var repository, out var fault)) return fault;
        var read = await repository.RunAsync(["cat-file", "blob", blob], _options.DocumentBytesMax, cancellationToken);
        return read.TryGet(out var bytes, out fault) ? new Fetched.Content(bytes, "", blob, null) : fault;
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private GitRepository? _opened;

    /// <summary>The repository at the branch's newest commit; a step on another server fetches it again.</summary>
    private async Task<Result<GitRepository>> OpenAsync(CancellationToken cancellationToken)
    {
        if (_opened is not null) return _opened;
        if (GitRepository.Find(_folder) is { } there && IsOfThisRound(there)) return _opened = there;
        var asked = await _transport.AskAsync(_scope.Place.Git!, cancellationToken);
        if (!asked.TryGet(out var head, out var fault)) return fault;
        var made = await _transport.FetchAsync(head, _folder, Round, cancellationToken);
        return made.TryGet(out var repository, out fault) ? _opened = repository : fault;
    }

    private static Fault ListTooLong { get; } = SourceFaults.Git(string.Create(
        CultureInfo.InvariantCulture,
        $"the list of its files has more than {ListBytesMax >> 20} MiB. Name a folder of it with --below."));

    private string Round => _scope.Row.Round.ToString(CultureInfo.InvariantCulture);

    private bool IsOfThisRound(GitRepository repository) => repository.Round == Round;

    /// <summary>A line of the list: mode, kind, object, size, a tab, path.</summary>
    private ListedItem? ItemOf(string line)
    {
        var tab = line.IndexOf('\t', StringComparison.Ordinal);
        if (tab < 0) return null;
        var path = line[(tab + 1)..];
        var words = line[..tab].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (words is not [var mode, "blob", var blob, var size]) return null;
        if (mode is "120000") return new ListedItem(path, null, SourceFaults.LinkRefused);
        if (!long.TryParse(size, NumberStyles.None, CultureInfo.InvariantCulture, out var bytes) || bytes == 0) return null;
        return new ListedItem(path, blob,
            bytes > _options.DocumentBytesMax ? KnowledgeFaults.TooLarge(_options.DocumentBytesMax) : null);
    }
}
