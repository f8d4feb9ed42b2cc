using System.Diagnostics;
using CodexOS.Knowledge.Sources.Places;
using CodexOS.Platform.Egress;
using CodexOS.Platform.Faults;
using Microsoft.Extensions.Options;

namespace CodexOS.Knowledge.Sources;

/// <summary>Opens sources, each by its kind.</summary>
internal sealed class SourceReaders(
    FolderAllowance folders, ISecretSource secrets, SourceFolders kept, IOptions<KnowledgeOptions> options, TimeProvider clock)
{
    private readonly KnowledgeOptions _options = options.Value;

    /// <summary>Opens a source. A fault is that it cannot be read at all.</summary>
    public async Task<Result<ISourceReader>> OpenAsync(ReaderScope scope, CancellationToken cancellationToken) =>
        scope.Row.Kind switch
        {
            SourceKind.Folder => FolderReader.Open(scope, folders, _options.DocumentBytesMax),
            SourceKind.Web => new WebReader(scope, _options, Web(scope, scope.Place.Web!.PauseMs)),
            SourceKind.Sitemap => new WebReader(scope, _options, Web(scope, scope.Place.Sitemap!.PauseMs)),
            SourceKind.Git => GitReader.Open(scope, _options, kept.Of(scope.Row.SourceId)),
            SourceKind.S3 => await S3Reader.OpenAsync(scope, secrets, _options.DocumentBytesMax, cancellationToken),
            _ => throw new UnreachableException($"There is no kind {scope.Row.Kind}."),
        };

    private WebFetch Web(ReaderScope scope, int? pauseMs)
    {
        var own = pauseMs is { } given ? TimeSpan.FromMilliseconds(given) : _options.SourcePause;
        return new WebFetch(
            scope.Network, _options.SourceUserAgent, own < _options.SourcePauseMin ? _options.SourcePauseMin : own, clock);
    }
}
