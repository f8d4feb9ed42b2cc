using CodexOS.Knowledge.Contracts;
using CodexOS.Platform.Storage;

namespace CodexOS.Knowledge.Sources;

/// <summary>What syncs keep on this server, in the clear, for as long as they take.</summary>
internal sealed class SourceFolders(DataDirectory data)
{
    /// <summary>Where a sync of a source may keep something.</summary>
    public string Of(SourceId source) => data.In("sources", source.ToString());

    /// <summary>Removes what a sync kept.</summary>
    public void Remove(SourceId source)
    {
        if (Directory.Exists(Of(source))) Directory.Delete(Of(source), recursive: true);
    }
}
