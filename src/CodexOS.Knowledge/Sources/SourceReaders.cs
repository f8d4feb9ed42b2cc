using System.Diagnostics;
using CodexOS.Knowledge.Sources.Places;
using CodexOS.Knowledge.Storage;
using CodexOS.Platform.Egress;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Storage;
using Microsoft.Extensions.Options;

namespace CodexOS.Knowledge.Sources;

/// <summary>Opens sources, each by its kind.</summary>
internal sealed class SourceReaders(
    FolderAllowance folders, ISecretSource secrets, DataDirectory data, IOptions<KnowledgeOptions> options, TimeProvider clock)
{
    private readonly KnowledgeOptions _options = options.Value;

    /// <summary>Opens a source. A fault is that it cannot be read at all.</summary>
    public async Task<Result<ISourceReader>> OpenAsync(ReaderScope scope, CancellationToken cancellationToken) =>
        scope.Row.Kind switch
        {
            SourceKind.Folder => FolderReader.Open(scope, folders, _options.DocumentBytesMax),
            SourceKind.Web => new WebReader(scope, _options, Web(scope, scope.Place.Web!.PauseMs)),
            SourceKind.Sitemap => new WebReader(scope, _options, Web(scope, scope.Place.Sitemap!.PauseMs)),
            SourceKind.Git => GitReader.Open(scope, _options, data),
            SourceKind.S3 => await S3Reader.OpenAsync(scope, secrets, _options.DocumentBytesMax, cancellationToken),
            _ => throw new UnreachableException($"There is no kind {scope.Row.Kind}."),
        };

    /// <summary>Removes what a reader kept on this server for the time of a sync.</summary>
    public void Forget(SourceRow source)
    {
        if (source.Kind is not SourceKind.Git) return;
        var folder = GitReader.FolderOf(data, source.SourceId);
        if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
    }

    private WebFetch Web(ReaderScope scope, int? pauseMs)
    {
        var own = pauseMs is { } given ? TimeSpan.FromMilliseconds(given) : _options.SourcePause;
        return new WebFetch(
            scope.Network, _options.SourceUserAgent, own < _options.SourcePauseMin ? _options.SourcePauseMin : own, clock);
    }
}
